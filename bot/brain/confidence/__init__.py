"""For trainers: how sure the bot may be. Learns from examples, and gives a probability with each meaning.

    grams.py        which words and parts of words two texts share
    encoder.py      sentence vectors: what two texts mean
    kernel.py       both together: how alike a text is to each example, and what it then means
    evidence.py     what speaks for the likeliest meaning, in numbers
    calibration.py  from the evidence to P(the likeliest meaning is right)
    promise.py      from the probabilities to the two thresholds
    learner.py      puts it all together

numpy and scikit-learn only; nothing here knows Rasa. Why it is so: deploy/decisions/confidence.md.
"""
