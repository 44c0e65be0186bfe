"""Sealed values open for their own class and place, and a long list of them looks for its key once."""

import pytest

from amparo.config.home import Home
from amparo.kernel.classes import DataClass
from amparo.kernel.sealing import BrokenSeal, seal, unseal


def test_a_sealed_value_opens_only_where_it_belongs():
    sealed = seal("José".encode(), DataClass.PERSONAL, context="here")
    assert unseal(sealed, DataClass.PERSONAL, context="here").decode() == "José"
    for data_class, context in ((DataClass.INTERNAL, "here"), (DataClass.PERSONAL, "there")):
        with pytest.raises(BrokenSeal):
            unseal(sealed, data_class, context=context)


def test_a_thousand_values_look_for_their_key_once(tmp_path, settings):
    looked = []

    class Counting(Home):
        @property
        def keys(self):
            looked.append(self)
            return super().keys

    settings.HOME = Counting(tmp_path)
    sealed = seal(b"x", DataClass.INTERNAL, context="list")
    for _ in range(1000):
        unseal(sealed, DataClass.INTERNAL, context="list")
    assert len(looked) == 1


def test_each_installation_has_its_own_key(tmp_path, settings):
    for name in ("one", "other"):
        folder = tmp_path / name / "keys"
        folder.mkdir(parents=True)
        (folder / "master.key").write_bytes(name.encode().ljust(32, b"."))
    settings.HOME = Home(tmp_path / "one")
    sealed = seal(b"x", DataClass.INTERNAL, context="list")
    settings.HOME = Home(tmp_path / "other")
    with pytest.raises(BrokenSeal):
        unseal(sealed, DataClass.INTERNAL, context="list")
