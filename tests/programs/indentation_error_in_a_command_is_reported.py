# mode: command
# status: 1
if True:
    print("never printed")
  print("wrong indentation")
