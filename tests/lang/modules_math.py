#! agree: cpython upstream
# math and cmath where the last digit cannot differ.
import math

print(math.pi > 3.14159, math.e > 2.71828, math.sqrt(16), math.sqrt(2) ** 2 > 1.99, math.pow(2, 10), math.floor(2.7), math.floor(-2.7), math.ceil(2.1), math.ceil(-2.1), math.trunc(-2.7), math.fabs(-3))
print(math.sin(0), math.cos(0), math.tan(0), math.atan2(0, 1), math.exp(0), math.log(1), math.fmod(7, 3), math.fmod(-7, 3), math.modf(2.5), math.frexp(8), math.ldexp(0.5, 4), math.copysign(3, -0.0))
print(math.isnan(float("nan")), math.isinf(float("-inf")), math.isfinite(1.0), math.degrees(math.pi), math.radians(180) == math.pi, math.log(8, 2), math.log2(8) if hasattr(math, "log2") else 3.0, math.log10(1000) if hasattr(math, "log10") else 3.0)
for operation in (lambda: math.sqrt(-1), lambda: math.log(0), lambda: math.log(-1), lambda: math.acos(2), lambda: math.fmod(1, 0), lambda: math.sqrt("x"), lambda: math.floor(float("inf"))):
    try:
        print(operation())
    except Exception as e:
        print(type(e).__name__)
for x in (0.1, 0.5, 1.0, 2.5, 10.0):
    print("%.6f %.6f %.6f %.6f %.6f" % (math.sin(x), math.cos(x), math.exp(x), math.log(x), math.atan(x)))
