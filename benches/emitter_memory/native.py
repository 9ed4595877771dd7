# One function of 100 lines, as programs for boards have them: parses lines of a sensor's log and keeps statistics.
import micropython


@micropython.native
def summarise(lines, limits, report, depth=3):
    counts = {}
    totals = [0] * 8
    lowest = None
    highest = None
    errors = []
    window = []
    state = "idle"
    checksum = 0
    number = 0
    for line in lines:
        number += 1
        if not line or line[0] == "#":
            continue
        fields = line.split(",")
        if len(fields) < 3:
            errors.append((number, "too few fields"))
            continue
        try:
            channel = int(fields[0])
            value = int(fields[1])
        except ValueError as error:
            errors.append((number, str(error)))
            continue
        if channel < 0 or channel >= len(totals):
            errors.append((number, "no such channel"))
            continue
        kind = fields[2]
        if kind == "start":
            if state != "idle":
                errors.append((number, "started twice"))
            state = "running"
            window = []
            continue
        elif kind == "stop":
            if state == "idle":
                errors.append((number, "not started"))
            state = "idle"
        elif kind == "value" and state == "running":
            window.append(value)
            if len(window) > depth:
                window.pop(0)
        else:
            errors.append((number, "what is " + kind))
            continue
        name = limits.names[channel]
        if name in counts:
            counts[name] += 1
        else:
            counts[name] = 1
        totals[channel] += value
        if lowest is None or value < lowest:
            lowest = value
        if highest is None or value > highest:
            highest = value
        for byte in line.encode():
            checksum ^= byte
            for bit in range(8):
                if checksum & 1:
                    checksum = (checksum >> 1) ^ 0xA001
                else:
                    checksum >>= 1
        mean = 0
        for item in window:
            mean += item
        if window:
            mean = mean // len(window)
        if mean > limits.high and not limits.muted:
            report("high", name, mean)
        elif mean < limits.low and not limits.muted:
            report("low", name, mean)
        if number % 100 == 0:
            report("progress", number, len(errors))
    if state != "idle":
        errors.append((number, "not stopped"))
    ranked = sorted(counts.items(), key=limits.rank)
    text = []
    for name, count in ranked:
        text.append("%s: %d" % (name, count))
    i = 0
    j = len(totals) - 1
    while i < j:
        a = totals[i]
        b = totals[j]
        if a < b:
            totals[i], totals[j] = b, a
        i += 1
        j -= 1
    for at, total in enumerate(totals):
        if total:
            text.append("%d %d" % (at, total))
    if errors:
        with report.section("errors"):
            for number, what in errors[:10]:
                report("error", number, what)
    if lowest is not None and highest is not None:
        text.append("range %d" % (highest - lowest))
    text.append("checksum %04x" % checksum)
    report("done", lowest, highest)
    return "\n".join(text)
