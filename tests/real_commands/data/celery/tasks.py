from celery import Celery, chain

app = Celery("tasks", broker="memory://", backend="cache+memory://")
app.conf.task_always_eager = True


@app.task
def add(a, b):
    return a + b


@app.task(bind=True)
def describe(self, value):
    return f"{self.name}: {value}"


if __name__ == "__main__":
    print(chain(add.s(2, 3), describe.s())().get())
    app.start(["report"])
