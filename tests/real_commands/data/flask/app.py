import click
from flask import Flask

app = Flask(__name__)


@app.route("/")
def index():
    return "index"


@app.route("/items/<int:number>", methods=["GET", "POST"])
def item(number):
    return f"item {number}"


@app.cli.command("visit")
@click.argument("path")
def visit(path):
    """Requests a path of the application."""
    with app.test_client() as client:
        answer = client.get(path)
        click.echo(f"{answer.status} {answer.get_data(as_text=True)!r}")
