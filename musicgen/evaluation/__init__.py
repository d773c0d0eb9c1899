"""How good checkpoints are: their samples beside real held-out music and chance, step by step.

This room puts together what others know: corpora, composing, statistics. Importing it loads no
Keras; `judging` does, through the composer.
"""
