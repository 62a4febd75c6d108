# packages: sklearn, numpy
"""Linear, ridge and logistic regression on generated data, with known coefficients."""

import numpy as np
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

generator = np.random.default_rng(0)
features = generator.normal(size=(300, 4))
target = features @ [1.5, -2.0, 0.0, 3.0] + 7
model = LinearRegression().fit(features, target)
assert np.allclose(model.coef_, [1.5, -2.0, 0.0, 3.0]) and np.isclose(model.intercept_, 7)
print(np.abs(model.coef_.round(6)), model.intercept_.round(6), r2_score(target, model.predict(features)))
print(Ridge(alpha=10).fit(features, target).coef_.round(5))
labels = (target + generator.normal(size=300) > 7).astype(int)
train, test, train_labels, test_labels = train_test_split(features, labels, random_state=1)
pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(train, train_labels)
print(accuracy_score(test_labels, pipeline.predict(test)), pipeline)
print(cross_val_score(pipeline, features, labels, cv=4).round(4))
