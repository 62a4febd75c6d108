"""Globals whose classes have methods: the cycle through the module's namespace is collected."""


class First:
    def __del__(self):
        print("first ends")


class Second:
    def __del__(self):
        print("second ends")

    def method(self):
        return first


first = First()
second = Second()
unflushed = open("written_at_the_end.txt", "w", encoding="utf-8")
unflushed.write("some text")
print("end of the program")
