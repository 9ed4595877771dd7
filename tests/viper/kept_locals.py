# Locals that loops write on ways that stand behind all of their jumps back, and such that they leave alone.
import micropython


@micropython.viper
def unwound(items) -> int:
    count = 0
    for item in items:
        try:
            if int(item) < 3:
                continue
        finally:
            count += 1
        return count + 100
    return count


@micropython.viper
def unwound_while(n: int) -> int:
    count = 0
    while True:
        try:
            if count < n:
                continue
        finally:
            count += 1
        return count + 100


@micropython.viper
def unwound_range(start: int, stop: int, step: int) -> int:
    count = 0
    for number in range(start, stop, step):
        try:
            if number < 3:
                continue
        finally:
            count += 1
        return count + 100
    return count


@micropython.viper
def caught(items) -> int:
    count = 0
    for item in items:
        try:
            item.nothing
        except AttributeError:
            count += 1
            continue
        return count + 100
    return count


@micropython.viper
def nested(n: int, kept: int) -> int:
    total = 0
    other = kept + 1
    y = 0
    while y < n:
        x = 0
        while x < y:
            total += other
            if total > 40:
                other = 1
            x += 1
            if x == 3:
                continue
            total += kept
        y += 1
        if y == 6:
            break
    else:
        total += 1000
    return total + other


print(unwound([0, 1, 2, 3, 4]), unwound([0, 1]), unwound([]))
print(unwound_while(0), unwound_while(3))
print(unwound_range(0, 5, 1), unwound_range(0, 3, 2), unwound_range(5, 0, -1))
print(caught([1, 2]), caught([]))
for n in range(9):
    print(n, nested(n, 2), nested(n, 0))
