"""Files that came in: durable, sealed, one for the same content of the same class."""

from amparo.kernel import files
from amparo.kernel.classes import DataClass
from amparo.kernel.sealing import write_new_keys


def test_the_same_content_of_two_classes_is_read_with_the_key_of_each(home):
    write_new_keys(home.keys)
    for data_class in (DataClass.INTERNAL, DataClass.PERSONAL):
        sha256 = files.keep(b"nombres", data_class)
        assert files.keep(b"nombres", data_class) == sha256
        assert files.read(sha256, data_class) == b"nombres"
    assert len([path for path in home.files.rglob("*") if path.is_file()]) == 2
    assert all(b"nombres" not in path.read_bytes() for path in home.files.rglob("*") if path.is_file())
