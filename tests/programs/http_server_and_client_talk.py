"""http.server in a thread, urllib and http.client against it."""

import http.client
import http.server
import json
import os
import threading
import urllib.error
import urllib.parse
import urllib.request


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path = urllib.parse.urlsplit(self.path)
        status = 404 if path.path == "/missing" else 200
        body = json.dumps({"path": path.path, "query": urllib.parse.parse_qs(path.query)}).encode()
        self.answer(status, body)

    def do_POST(self):
        self.answer(200, self.rfile.read(int(self.headers["Content-Length"])).upper())

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *arguments):
        print("log:", format % arguments)


os.environ["no_proxy"] = "*"
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
thread = threading.Thread(target=server.serve_forever, args=(0.01,))
thread.start()
base = f"http://127.0.0.1:{server.server_port}"
with urllib.request.urlopen(base + "/a%20b?x=1&x=2&y=%C3%A9") as response:
    print(response.status, json.load(response), response.headers["Content-Length"])
with urllib.request.urlopen(base + "/post", data=b"posted") as response:
    print(response.read())
try:
    urllib.request.urlopen(base + "/missing")
except urllib.error.HTTPError as error:
    print(error.code, error.reason)
    error.close()
connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
connection.request("GET", "/direct")
print(connection.getresponse().read())
connection.close()
server.shutdown()
thread.join()
server.server_close()
