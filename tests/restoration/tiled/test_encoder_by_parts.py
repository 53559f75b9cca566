"""What the encoder sees of the noise, strip by strip: against the formula on the extended micrograph."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")
from semclear.networks.forward import physics  # noqa: E402
from semclear.restoration.tiled import encoder_by_parts, strips, windows  # noqa: E402

RNG = np.random.default_rng(5)


@pytest.mark.parametrize("shape", [(117, 131), (150, 97), (96, 128), (470, 500), (3, 40)])
@pytest.mark.parametrize("pixels", [1, 900, 2001, 2**20])
def test_the_noise_is_that_of_the_extended_micrograph(monkeypatch, shape, pixels):
    monkeypatch.setattr(strips, "PIXELS", pixels)
    extended = tuple(windows.padded(length, physics.KNOT) for length in shape)
    margins = [(0, long - length) for long, length in zip(extended, shape, strict=True)]
    pictures = RNG.random(shape), 0.5 + 0.02 * RNG.standard_normal(shape), np.full(shape, 0.3)
    for image in (*pictures, np.round(pictures[1] * 255) / 255):
        image = image.astype(np.float32)
        # Row by row the margin is the image reflected, again and again where it is shorter than the margin.
        whole = np.pad(image, margins, mode="symmetric")
        wanted = physics.noise_of(whole[None, :, :, None])
        found = encoder_by_parts.noise_of(image, extended)
        assert found == pytest.approx(float(keras.ops.convert_to_numpy(wanted)[0, 0]), rel=1e-5, abs=1e-9)
