# packages: flask
"""Routes, templates, JSON, sessions, errors, and a log line of an exception."""

import flask

application = flask.Flask("sample")
application.secret_key = b"fixed for the test"
application.config["TRAP_HTTP_EXCEPTIONS"] = False


@application.route("/hello/<name>")
def hello(name):
    return flask.render_template_string(
        "<p>{% for n in range(count) %}{{ n }}:{{ name|upper }} {% endfor %}</p>",
        name=name, count=flask.request.args.get("count", 1, int))


@application.post("/data")
def data():
    flask.session["seen"] = flask.session.get("seen", 0) + 1
    return flask.jsonify(got=flask.request.get_json(), seen=flask.session["seen"])


@application.errorhandler(404)
def missing(error):
    return f"nothing at {flask.request.path}", 404


@application.get("/fail")
def fail():
    raise ValueError("in the view")


with application.test_client() as client:
    print(client.get("/hello/<b>?count=2").text)
    for _ in range(2):
        print(client.post("/data", json={"a": [1, None]}).json)
    print(client.get("/none").status, client.get("/none").text, client.post("/hello/x").status_code)
    print(sorted(rule.rule for rule in application.url_map.iter_rules()))
application.logger.handlers[:] = []
application.testing = True
try:
    application.test_client().get("/fail")
except ValueError as error:
    print("propagated:", error)
with application.app_context(), application.test_request_context("/x"):
    print(flask.url_for("hello", name="a b", count=3), flask.current_app.name)
