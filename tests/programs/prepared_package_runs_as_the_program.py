# mode: module
# target: calendar
# arguments: 2024 2
# calendar is prepared in the images.
