# packages: requests
"""Methods, headers, redirects, JSON, uploads, timeouts, retries and refused connections."""

import http.server
import json
import threading

import requests


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("Location", "/target?x=1")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        report = json.dumps({"method": self.command, "path": self.path, "body": body.decode(),
                             "agent": self.headers["User-Agent"].split("/")[0]}).encode()
        self.send_response(503 if self.path == "/broken" else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(report)))
        self.end_headers()
        self.wfile.write(report)

    do_GET = do_POST = do_PUT = answer

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
thread = threading.Thread(target=server.serve_forever, args=(0.01,))
thread.start()
base = f"http://127.0.0.1:{server.server_port}"
with requests.Session() as session:
    session.trust_env = False
    print(session.get(base + "/a b", params={"q": "ü&="}).json())
    print(session.post(base, json={"k": 1}).json(), session.put(base, data={"f": "v"}).json()["body"])
    redirected = session.get(base + "/redirect")
    print(redirected.json()["path"], [r.status_code for r in redirected.history], redirected.encoding)
    try:
        session.get(base + "/broken").raise_for_status()
    except requests.HTTPError as error:
        print(str(error).partition(" for url")[0])
    try:
        session.get("http://127.0.0.1:1/", timeout=5)
    except requests.ConnectionError as error:
        print(type(error).__name__, "refused" in str(error))
server.shutdown()
thread.join()
server.server_close()
