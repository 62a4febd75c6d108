# Python programs that commands run in a launch of an image; the include path is launcher/python.
        .section .rodata
        .globl  pysnap_owners_program
        .hidden pysnap_owners_program
pysnap_owners_program:
        .incbin "image_memory.py"
        .incbin "image_objects.py"
        .incbin "owners.py"
        .byte   0
        .section .note.GNU-stack, "", @progbits
