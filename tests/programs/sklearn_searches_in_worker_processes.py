# packages: sklearn, numpy
# timeout: 180
"""A grid search over two worker processes that joblib starts and stops."""

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV


def main():
    generator = np.random.default_rng(9)
    features = generator.normal(size=(200, 3))
    target = features @ [1.0, 2.0, 3.0] + generator.normal(size=200) / 10
    search = GridSearchCV(Ridge(), {"alpha": [0.01, 1.0, 100.0]}, n_jobs=2, cv=3)
    search.fit(features, target)
    print(search.best_params_, round(search.best_score_, 6))
    print(search.cv_results_["mean_test_score"].round(6))


if __name__ == "__main__":
    main()
