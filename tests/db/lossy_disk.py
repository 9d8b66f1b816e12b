"""A disk that forgets: what was written since the last sync is lost at a power cut, sector by sector.

Files live in memory as two images: what the program sees, and what has reached the platter. At the cut each unsynced
512-byte sector survives with probability p, and so does each unsynced change of length. Directory entries are not lost.
"""

import apsw

SECTOR = 512
POWERSAFE_OVERWRITE = 0x1000  # as the shipped unix layer declares


class PowerCut(Exception):
    """The power failed at the chosen operation; nothing works after it."""


class Disk:
    """All files, and the operation (write, truncate or sync, counted from 1) at which the power fails."""

    def __init__(self, images, cut_at):
        self.cut_at, self.operations = cut_at, 0
        self.files = {name: Medium(self, image) for name, image in images.items()}

    def tick(self):
        self.operations += 1
        if self.operations >= self.cut_at:
            raise PowerCut

    def opened(self, name):
        return self.files.setdefault(name, Medium(self, b""))

    def after_the_cut(self, rng, p):
        """What is found when the power returns: name → bytes."""
        return {name: medium.survivors(rng, p) for name, medium in self.files.items()}


class Medium:
    def __init__(self, disk, image):
        self.disk, self.seen, self.safe, self.unsynced = disk, bytearray(image), bytearray(image), set()

    def write(self, data, offset):
        end = offset + len(data)
        if len(self.seen) < end:
            self.seen.extend(bytes(end - len(self.seen)))
        self.seen[offset:end] = data
        self.unsynced.update(range(offset // SECTOR, (end - 1) // SECTOR + 1))
        self.disk.tick()  # the write under way is as uncertain as those before it

    def truncate(self, size):
        del self.seen[size:]
        self.disk.tick()

    def sync(self):
        self.disk.tick()
        self._settle(self.unsynced)
        self._cut()
        self.unsynced.clear()

    def survivors(self, rng, p):
        self._settle(sector for sector in self.unsynced if rng.random() < p)
        if rng.random() < p:
            self._cut()
        return bytes(self.safe)

    def _settle(self, sectors):
        for sector in sectors:
            start = sector * SECTOR
            piece = self.seen[start:start + SECTOR]
            if len(self.safe) < start:
                self.safe.extend(bytes(start - len(self.safe)))
            self.safe[start:start + len(piece)] = piece

    def _cut(self):
        del self.safe[len(self.seen):]


class Handle:
    """What SQLite holds while a file is open."""

    def __init__(self, medium):
        self.medium = medium

    def xRead(self, amount, offset):
        return bytes(self.medium.seen[offset:offset + amount])

    def xWrite(self, data, offset):
        self.medium.write(data, offset)

    def xTruncate(self, size):
        self.medium.truncate(size)

    def xSync(self, _flags):
        self.medium.sync()

    def xFileSize(self):
        return len(self.medium.seen)

    def xFileControl(self, _op, _pointer):
        return False

    def xSectorSize(self):
        return SECTOR

    def xDeviceCharacteristics(self):
        return POWERSAFE_OVERWRITE

    def xLock(self, _level):
        pass

    def xUnlock(self, _level):
        pass

    def xCheckReservedLock(self):
        return False

    def xClose(self):
        pass


class LossyLayer(apsw.VFS):
    """The file layer SQLite is given; `disk` is exchanged for every cut."""

    NAME = "lossy"

    def __init__(self):
        self.disk = None
        super().__init__(self.NAME, "")

    def xFullPathname(self, name):
        return name

    def xOpen(self, name, flags):
        flags[1] = flags[0]
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        return Handle(self.disk.opened(path) if path else Medium(Disk({}, 1 << 60), b""))

    def xAccess(self, path, _flags):
        return path in self.disk.files

    def xDelete(self, path, _sync_folder):
        self.disk.files.pop(path, None)
