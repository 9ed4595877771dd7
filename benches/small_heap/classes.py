class Sensor:
    def __init__(self, name, scale):
        self.name = name
        self.scale = scale

    def read(self, raw):
        return raw * self.scale


class Offset(Sensor):
    def __init__(self, name, scale, offset):
        super().__init__(name, scale)
        self.offset = offset

    def read(self, raw):
        return super().read(raw) + self.offset


readings = [Offset("t", 2, i).read(i) for i in range(4)]
print(readings, sorted({r % 4 for r in readings}))
