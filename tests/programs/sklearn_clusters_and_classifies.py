# packages: sklearn, numpy
"""Clusters, components, a forest and a support-vector machine (whose extension module no
image prepares)."""

import pickle

import numpy as np
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.svm import SVC

points, labels = make_blobs(n_samples=600, centers=3, n_features=5, random_state=4)
clusters = KMeans(3, n_init=2, random_state=0).fit(points)
print(sorted(np.bincount(clusters.labels_)), round(clusters.inertia_, 3))
print(PCA(2).fit(points).explained_variance_ratio_.round(5))
forest = RandomForestClassifier(20, random_state=2, n_jobs=2).fit(points, labels)
print(forest.score(points, labels), forest.feature_importances_.round(4))
machine = pickle.loads(pickle.dumps(SVC().fit(points, labels)))
print(machine.score(points, labels), machine.n_support_)
