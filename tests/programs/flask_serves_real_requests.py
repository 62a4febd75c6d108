# packages: flask, requests
"""A werkzeug server in a thread, asked by requests with a session and cookies."""

import logging
import threading

import flask
import requests
from werkzeug.serving import make_server

application = flask.Flask("sample")
logging.getLogger("werkzeug").setLevel(logging.ERROR)


@application.route("/count")
def count():
    number = int(flask.request.cookies.get("count", 0)) + 1
    response = flask.make_response({"count": number, "method": flask.request.method})
    response.set_cookie("count", str(number))
    return response


@application.get("/stream")
def stream():
    return flask.Response((f"line {n}\n" for n in range(1000)), mimetype="text/plain")


server = make_server("127.0.0.1", 0, application, threaded=True)
thread = threading.Thread(target=server.serve_forever)
thread.start()
base = f"http://127.0.0.1:{server.server_port}"
with requests.Session() as session:
    session.trust_env = False
    print([session.get(base + "/count").json() for _ in range(3)], dict(session.cookies))
    lines = list(session.get(base + "/stream", stream=True).iter_lines())
    print(len(lines), lines[-1])
server.shutdown()
thread.join()
server.server_close()
