# packages: pydantic
"""Models with constraints, nested models, errors, JSON; in the style both versions share."""

import datetime
import typing

import pydantic


class Address(pydantic.BaseModel):
    street: str
    number: int = pydantic.Field(gt=0)


class Person(pydantic.BaseModel):
    name: str = pydantic.Field(min_length=2)
    born: datetime.date
    addresses: typing.List[Address] = []
    kind: typing.Literal["a", "b"] = "a"
    scores: typing.Dict[str, float] = {}


TWO = pydantic.VERSION.startswith("2")
parse = Person.model_validate if TWO else Person.parse_obj
person = parse({"name": "Ada", "born": "1815-12-10", "scores": {"x": "1.5"},
                "addresses": [{"street": "Main", "number": "7"}]})
print(repr(person))
text = person.model_dump_json() if TWO else person.json()
again = (Person.model_validate_json if TWO else Person.parse_raw)(text)
assert again == person
print(text)
try:
    parse({"name": "A", "born": "no date", "addresses": [{"number": 0}], "kind": "c"})
except pydantic.ValidationError as error:
    for problem in error.errors():
        print(problem["loc"], problem["type"], problem["msg"])
schema = Person.model_json_schema() if TWO else Person.schema()
print(sorted(schema["properties"]), schema["required"])
Made = pydantic.create_model("Made", value=(int, 3), __base__=Address)
print(repr(Made(street="s", number=1)))
