# packages: scipy, numpy
"""Statistics, optimisation, integration, interpolation, sparse and dense algebra."""

import numpy as np
from scipy import integrate, interpolate, linalg, optimize, signal, sparse, stats
from scipy.sparse.linalg import spsolve

sample = np.random.default_rng(3).normal(5, 2, 400)
print(np.round(stats.ttest_1samp(sample, 5).pvalue, 8), np.round(stats.norm.fit(sample), 6))
fit = stats.linregress(np.arange(10), 3 * np.arange(10) + 1)
print(round(fit.slope, 8), round(fit.intercept, 8), round(stats.shapiro(sample).statistic, 6))
found = optimize.minimize(optimize.rosen, [1.3, 0.7, 0.8], method="BFGS")
print(found.success, found.x.round(3), optimize.brentq(lambda x: x**3 - 2, 0, 2))
parameters, _ = optimize.curve_fit(lambda x, a, b: a * np.exp(-b * x), np.arange(5.0),
                                   2.5 * np.exp(-0.3 * np.arange(5.0)))
print(parameters.round(6), np.round(integrate.quad(np.sin, 0, np.pi), 10)[0])
solution = integrate.solve_ivp(lambda t, y: [-y[0]], (0, 2), [1.0], rtol=1e-8)
print(solution.y[0, -1].round(6), interpolate.CubicSpline([0, 1, 2], [0, 1, 4])(1.5).round(6))
matrix = sparse.diags([-1, 2, -1], [-1, 0, 1], shape=(500, 500), format="csc")
x = spsolve(matrix, np.ones(500))
assert np.allclose(matrix @ x, 1)
print(x[:3], linalg.expm(np.zeros((2, 2))).tolist(), linalg.lu(np.array([[1.0, 2], [3, 4]]))[2].round(6))
print(signal.butter(2, 0.2)[0].round(8), signal.find_peaks([0, 2, 1, 3, 0])[0])
