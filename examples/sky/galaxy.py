#!/usr/bin/env python3
"""galaxy.py FILE.png: draws a spiral galaxy that isn't there, with AVM that says where in the sky it would be. Something to try
`atelier sky` on, without the network.

    examples/sky/galaxy.py galaxy.png
    atelier sky check-avm galaxy.png
    atelier sky tile-study galaxy.png --avm --outdir galaxy
"""
import math
import random
import struct
import sys
import zlib

WIDTH, HEIGHT = 1600, 1200
RIGHT_ASCENSION, DECLINATION = 202.4696, 47.1952  # degrees
SCALE, ROTATION = 0.55 / 3600, 18.0  # degrees a pixel, degrees
TILT, TURN = 0.62, math.radians(35)  # of the disc: how round it looks, where its long axis points
REACH = 430.0  # pixels, of the disc

XMP = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:avm="http://www.communicatingastronomy.org/avm/1.0/"
  xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
  photoshop:Credit="drawn by examples/sky/galaxy.py" avm:MetadataVersion="1.2" avm:Type="Artwork"
  avm:ReferenceURL="https://example.org/galaxy" avm:Spatial.CoordinateFrame="ICRS" avm:Spatial.Equinox="2000"
  avm:Spatial.CoordsystemProjection="TAN" avm:Spatial.Rotation="{ROTATION}">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">A spiral that isn't there</rdf:li></rdf:Alt></dc:title>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">Two arms, some dust and many stars.</rdf:li></rdf:Alt></dc:description>
<avm:Spatial.ReferenceValue><rdf:Seq><rdf:li>{RIGHT_ASCENSION}</rdf:li><rdf:li>{DECLINATION}</rdf:li></rdf:Seq></avm:Spatial.ReferenceValue>
<avm:Spatial.ReferenceDimension><rdf:Seq><rdf:li>{WIDTH}</rdf:li><rdf:li>{HEIGHT}</rdf:li></rdf:Seq></avm:Spatial.ReferenceDimension>
<avm:Spatial.ReferencePixel><rdf:Seq><rdf:li>{WIDTH / 2}</rdf:li><rdf:li>{HEIGHT / 2}</rdf:li></rdf:Seq></avm:Spatial.ReferencePixel>
<avm:Spatial.Scale><rdf:Seq><rdf:li>{-SCALE}</rdf:li><rdf:li>{SCALE}</rdf:li></rdf:Seq></avm:Spatial.Scale>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


def clouds(chance, size):
    """Values between 0 and 1 that change smoothly over `size` pixels."""
    columns, rows = WIDTH // size + 2, HEIGHT // size + 2
    grid = [[chance.random() for _ in range(columns)] for _ in range(rows)]

    def at(x, y):
        column, row = x // size, y // size
        u, v = x / size - column, y / size - row
        u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)
        above, below = grid[row], grid[row + 1]
        return (above[column] * (1 - u) + above[column + 1] * u) * (1 - v) + (below[column] * (1 - u) + below[column + 1] * u) * v

    return at


def light(x, y, noise):
    """Red, green and blue of the galaxy at a pixel."""
    dx, dy = x - WIDTH / 2, y - HEIGHT / 2
    along = dx * math.cos(TURN) + dy * math.sin(TURN)
    across = (dy * math.cos(TURN) - dx * math.sin(TURN)) / TILT
    radius = math.hypot(along, across)
    if radius > 2.4 * REACH:
        return 3.0, 4.0, 8.0
    angle = math.atan2(across, along)
    rough = sum(at(x, y) * share for at, share in noise)
    arm = 0.5 + 0.5 * math.cos(2 * (angle - 2.6 * math.log(radius / 40 + 0.35)) + (rough - 0.5) * 1.6)
    disc = math.exp(-((radius / (0.62 * REACH)) ** 1.5))
    arms = disc * arm**3 * (0.35 + 1.3 * rough) * min(1.0, radius / 70)
    dust = disc * (0.5 + 0.5 * math.cos(2 * (angle - 2.6 * math.log(radius / 40 + 0.35)) + 1.1)) ** 6 * rough * min(1.0, radius / 60)
    bulge = math.exp(-((radius / 58) ** 1.15))
    knots = arms * max(0.0, rough - 0.58) * 5
    red = 3 + 255 * bulge + 118 * arms + 58 * disc + 150 * knots - 60 * dust
    green = 4 + 214 * bulge + 138 * arms + 48 * disc + 62 * knots - 66 * dust
    blue = 8 + 150 * bulge + 198 * arms + 46 * disc + 112 * knots - 62 * dust
    return red, green, blue


def put_star(image, chance):
    x, y = chance.uniform(8, WIDTH - 9), chance.uniform(8, HEIGHT - 9)
    bright = 30 * chance.paretovariate(0.9)
    warm = chance.uniform(-0.25, 0.25)
    for row in range(int(y) - 6, int(y) + 7):
        for column in range(int(x) - 6, int(x) + 7):
            away = (column - x) ** 2 + (row - y) ** 2
            glow = min(bright, 1200) * math.exp(-away / 1.6) + min(bright, 900) * 0.02 * math.exp(-away / 12)
            pixel = image[row][column]
            for channel, tint in enumerate((1 + warm, 1, 1 - warm)):
                pixel[channel] += glow * tint


def png(image):
    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    rows = b"".join(b"\0" + bytes(max(0, min(255, round(value))) for pixel in row for value in pixel) for row in image)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0))
            + chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP.encode()) + chunk(b"IDAT", zlib.compress(rows, 6)) + chunk(b"IEND", b""))


def main():
    chance = random.Random(51)
    noise = [(clouds(chance, size), share) for size, share in ((160, 0.4), (64, 0.3), (24, 0.2), (8, 0.1))]
    image = [[list(light(x, y, noise)) for x in range(WIDTH)] for y in range(HEIGHT)]
    for _ in range(900):
        put_star(image, chance)
    with open(sys.argv[1], "wb") as file:
        file.write(png(image))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: galaxy.py FILE.png")
    main()
