# Process entry (x86-64 psABI 3.4.1): rsp points to argc, argv, envp and the auxiliary vector.
# rsp is 16-byte aligned here and no return address exists; `bare_main` gets the block and stays.
        .section .text._start, "ax", @progbits
        .globl  _start
        .type   _start, @function
_start:
        xorl    %ebp, %ebp
        movq    %rsp, %rdi
        andq    $-16, %rsp
        call    bare_main
        hlt
        .size   _start, . - _start
        .section .note.GNU-stack, "", @progbits
