# mode: command
# everywhere: yes
# -*- coding: latin-1 -*-
print(ascii("æ"), len("æ"))
