"""Pictures by gnuplot: the same commands make an SVG and a PNG."""

import shutil
import subprocess

COLOURS = {"skt": "#c00000", "limit": "#000000"}
OTHERS = ("#1f77b4", "#2ca02c", "#9467bd", "#8c564b", "#e377c2", "#17becf", "#ff7f0e", "#7f7f7f")
POINTS = {"skt": "pt 7 ps 1.3", "limit": "pt 2 ps 0.8"}


def style(name, number):
    """How a program looks in every picture."""
    colour = COLOURS.get(name, OTHERS[number % len(OTHERS)])
    return f"{POINTS.get(name, f'pt {4 + 2 * (number % 5)} ps 0.8')} lc rgb '{colour}'"


def block(name, pairs):
    """Data that a plot can name, $NAME."""
    return f"${name} << EOD\n" + "".join(f"{x} {y}\n" for x, y in pairs) + "EOD\n"


def draw(base, width, height, data, commands):
    """BASE.svg and BASE.png; False if gnuplot is not there."""
    if not shutil.which("gnuplot"):
        return False
    text = data
    for ending, terminal, font in (("svg", "svg", "sans,12"), ("png", "pngcairo", "sans,10")):
        text += f"set terminal {terminal} size {width},{height} font '{font}' background '#ffffff'\n"
        text += f"set output '{base}.{ending}'\n{commands}\nunset output\nreset\n"
    subprocess.run(["gnuplot"], input=text, text=True, check=True, timeout=60)
    return True
