# Python programs that commands run in a launch of an image, and data of commands; the include path
# is launcher and launcher/python.
        .section .rodata
        .globl  pysnap_owners_program
        .hidden pysnap_owners_program
pysnap_owners_program:
        .incbin "image_memory.py"
        .incbin "image_objects.py"
        .incbin "owners.py"
        .byte   0
        .globl  pysnap_known_facts
        .hidden pysnap_known_facts
pysnap_known_facts:
        .incbin "known_facts.txt"
        .byte   0
        .section .note.GNU-stack, "", @progbits
