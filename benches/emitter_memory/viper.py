# One function of 100 lines in viper, as programs for boards have them: edges of a picture, packed into bits, with a sum.
import micropython


@micropython.viper
def edges(picture, out, histogram, width: int, height: int, threshold: int) -> int:
    source = ptr8(picture)
    packed = ptr8(out)
    counts = ptr32(histogram)
    for level in range(256):
        counts[level] = 0
    total = 0
    for at in range(width * height):
        level = source[at]
        counts[level] += 1
        total += level
    mean = total // (width * height)
    if threshold < 0:
        wanted = width * height // 2
        seen = 0
        threshold = 0
        while threshold < 255:
            seen += counts[threshold]
            if seen >= wanted:
                break
            threshold += 1
    row = width
    at_bit = 0
    checksum = 0xFFFF
    found = 0
    left = width
    right = 0
    top = height
    bottom = 0
    y = 1
    while y < height - 1:
        above = row - width
        below = row + width
        x = 1
        bits = 0
        filled = 0
        while x < width - 1:
            a = source[above + x - 1]
            b = source[above + x]
            c = source[above + x + 1]
            d = source[row + x - 1]
            e = source[row + x + 1]
            f = source[below + x - 1]
            g = source[below + x]
            h = source[below + x + 1]
            across = c + 2 * e + h - a - 2 * d - f
            down = f + 2 * g + h - a - 2 * b - c
            if across < 0:
                across = -across
            if down < 0:
                down = -down
            strength = across + down
            if strength > 255:
                strength = 255
            is_edge = 0
            if strength > threshold:
                is_edge = 1
                found += 1
                if x < left:
                    left = x
                if x > right:
                    right = x
                if y < top:
                    top = y
                if y > bottom:
                    bottom = y
            bits = (bits << 1) | is_edge
            filled += 1
            if filled == 8:
                packed[at_bit] = bits
                at_bit += 1
                checksum ^= bits
                for turn in range(8):
                    if checksum & 1:
                        checksum = (checksum >> 1) ^ 0xA001
                    else:
                        checksum >>= 1
                bits = 0
                filled = 0
            x += 1
        if filled:
            packed[at_bit] = bits << (8 - filled)
            at_bit += 1
        row += width
        y += 1
    if found == 0:
        left = 0
        top = 0
    packed[at_bit] = left & 0xFF
    packed[at_bit + 1] = right & 0xFF
    packed[at_bit + 2] = top & 0xFF
    packed[at_bit + 3] = bottom & 0xFF
    at = 1
    while at < 256:
        counts[at] = counts[at] + counts[at - 1]
        at += 1
    if right < left:
        right = left
    counts[0] = mean
    counts[1] = found
    return checksum & 0xFFFF
