"""What every output says of itself: what a restoration may have invented, in words that do not depend on the file."""

#: For a network trained without pairs; stands in every side-car and on every page.
SENTENCE = (
    "The restoration was made by a network that was trained without pairs of degraded and clear micrographs: it can "
    "sharpen edges and remove a veil, but it may also invent fine detail or lose some that was there, most of all "
    "below the resolution of the original micrograph. Where the uncertainty is high, do not measure or count in it; "
    'where the verdict is "UNLIKE training data", nowhere. The verdict "like training data" and a low uncertainty do '
    "not prove it right: take no finding from it that the original does not support."
)

#: For a classical filter, which has neither uncertainty nor verdict.
CLASSICAL = (
    "The restoration was made by a classical filter, which knows nothing of micrographs: it can remove a veil or sharpen "
    "edges, but it may also amplify noise, draw rims and ripples along edges, and lose what the noise hides. Nothing "
    "here says how uncertain it is: take no finding from it that the original does not support."
)
