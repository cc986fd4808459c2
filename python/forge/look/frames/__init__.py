"""Pictures of one decision."""

from typing import Final

# Frames a second. GIF counts hundredths of a second, and viewers slow down what is below two.
LEAST_FPS: Final = 0.1
MOST_FPS: Final = 50.0
