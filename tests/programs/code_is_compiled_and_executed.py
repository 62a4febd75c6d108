# everywhere: yes
"""compile, exec, eval, ast, dis, symtable, tracing and profiling functions, audit hooks."""

import ast
import dis
import io
import sys

namespace = {}
exec(compile("def f(x):\n    y = x + 1\n    return y\n", "generated", "exec"), namespace)
print(namespace["f"](41), eval("f(1) * 2", namespace), namespace["f"].__code__.co_filename)
tree = ast.parse("a = [n ** 2 for n in range(5) if n]")
print(ast.dump(tree.body[0].targets[0]), ast.unparse(tree))


class Doubling(ast.NodeTransformer):
    def visit_Constant(self, node):
        return ast.copy_location(ast.Constant(node.value * 2), node)


exec(compile(Doubling().visit(tree), "doubled", "exec"), namespace)
print(namespace["a"], len(list(dis.get_instructions(namespace["f"]))) > 4)
output = io.StringIO()
dis.dis(namespace["f"], file=output)
print(output.getvalue())
events = []


def tracer(frame, event, argument):
    if frame.f_code.co_filename == "generated":
        events.append((event, frame.f_lineno))
    return tracer


sys.settrace(tracer)
namespace["f"](1)
sys.settrace(None)
sys.setprofile(lambda frame, event, argument: events.append((event, frame.f_code.co_name)))
len("x")
sys.setprofile(None)
print(events)
audited = []
sys.addaudithook(lambda event, arguments: audited.append(event) if event == "compile" else None)
compile("1", "audited", "eval")
print(audited)
