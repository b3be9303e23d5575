/* The steps of the scenario, as they stand in their file. */
    .section .rodata.steps, "a"
    .global steps
steps:
    .incbin "tests/scenario/steps.txt"
    .byte 0
    .section .note.GNU-stack, "", %progbits
