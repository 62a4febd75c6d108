# packages: numpy, pandas, scipy, sklearn, matplotlib, sqlalchemy, pydantic, lxml
"""Data goes from a database through pandas and a model into a picture and a document."""

import io

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pydantic
import sqlalchemy
from lxml import etree
from scipy import ndimage
from sklearn.linear_model import LinearRegression


class Report(pydantic.BaseModel):
    slope: float
    rows: int


engine = sqlalchemy.create_engine("sqlite://")
x = np.arange(100.0)
with engine.begin() as connection:
    connection.execute(sqlalchemy.text("create table point (x real, y real)"))
    connection.execute(sqlalchemy.text("insert into point values (:x, :y)"),
                       [{"x": float(v), "y": float(2 * v + 1)} for v in x])
    rows = connection.execute(sqlalchemy.text("select x, y from point order by x")).all()
frame = pd.DataFrame(rows, columns=["x", "y"])
model = LinearRegression().fit(frame[["x"]], frame["y"])
report = Report(slope=round(float(model.coef_[0]), 6), rows=len(frame))
axes = frame.plot(x="x", y="y")
picture = io.BytesIO()
axes.figure.savefig(picture, format="png")
smooth = ndimage.gaussian_filter(frame["y"].to_numpy(), 2)
root = etree.Element("report", slope=str(report.slope), rows=str(report.rows))
print(etree.tostring(root, encoding="unicode"), picture.getvalue()[:8], smooth[50].round(4))
plt.close("all")
