# The agent's Python sources as read-only text; the include path is agent/python.
        .section .rodata
        .macro  embed name, file
        .globl  \name
        .hidden \name
\name:
        .incbin "\file"
        .byte   0
        .endm

        embed   pysnap_python_classes, "classes.py"
        embed   pysnap_python_watch, "watch.py"
        embed   pysnap_python_prepare, "prepare.py"
        embed   pysnap_python_streams, "streams.py"
        embed   pysnap_python_freshness, "freshness.py"
        embed   pysnap_python_temporary, "temporary.py"
        embed   pysnap_python_freshness_data, "freshness_data.py"
        embed   pysnap_python_environment_copies, "environment_copies.py"
        embed   pysnap_python_environment_reads, "environment_reads.py"
        embed   pysnap_python_directory_uses, "directory_uses.py"
        embed   pysnap_python_seeds, "seeds.py"
        embed   pysnap_python_fork_hooks, "fork_hooks.py"
        embed   pysnap_python_generators, "generators.py"
        embed   pysnap_python_hooks, "hooks.py"
        embed   pysnap_python_launch, "launch.py"
        embed   pysnap_python_finish, "finish.py"
        embed   pysnap_python_readline_aside, "readline_aside.py"
        embed   pysnap_python_effects, "effects.py"
        embed   pysnap_python_patches, "patches.py"
        embed   pysnap_python_effect_kinds, "effect_kinds.py"
        embed   pysnap_python_recorder, "recorder.py"
        embed   pysnap_python_searches, "searches.py"
        embed   pysnap_python_code_only, "code_only.py"
        embed   pysnap_python_hidden, "hidden.py"
        embed   pysnap_python_verdict, "verdict.py"
        embed   pysnap_python_again, "again.py"
        embed   pysnap_python_learned, "learned.py"
        .section .note.GNU-stack, "", @progbits
