"""Files of MATLAB, of all versions and from anybody."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from dataset_files import cell, save, save_7_3, structs, version_7_3
from helpers import refused
from wepsam.datasets import mat_files
from wepsam.datasets.mat_files import load_mat, load_variables


def nested(depth: int) -> bytes:
    """An element of type miMATRIX within each other so many times: a cell array of a cell array of ..."""
    element = b""
    for _ in range(depth):
        body = struct.pack("<IIII", 6, 8, 1, 0) + struct.pack("<IIii", 5, 8, 1, 1) + struct.pack("<II", 1, 0) + element
        element = struct.pack("<II", 14, len(body)) + body
    return element


@pytest.fixture
def deadly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file that ends the process which reads it."""
    before = "def _read_scipy(path, names, squeeze):\n    assert 'deadly.mat' not in path or os.abort()\n"
    before += "    return _scipy(path, names, squeeze)\n\n\ndef _scipy("
    program = tmp_path / "reader.py"
    program.write_text(mat_files.PROGRAM.read_text().replace("def _read_scipy(", before))
    monkeypatch.setattr(mat_files, "PROGRAM", program)
    monkeypatch.setattr(mat_files, "_READER", mat_files._Reader())
    yield save(tmp_path / "deadly.mat", a=1)
    mat_files._READER.close()


def test_a_file_that_ends_its_reader_is_one_line(deadly: Path, tmp_path: Path) -> None:
    good = save(tmp_path / "good.mat", a=np.arange(3))
    for _ in range(2):
        refused(lambda: load_mat(deadly, "a"), deadly, "ended the process that reads .mat files")
        np.testing.assert_array_equal(load_mat(good, "a"), [0, 1, 2])


def test_the_file_that_ends_scipy(shared: Path) -> None:
    path = shared / "cases" / "mat-that-ends-scipy.mat"
    if not path.exists():
        pytest.skip("the case is not there")
    refused(lambda: load_mat(path), path, "cannot be read")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the memory of a process is read from /proc")
@pytest.mark.parametrize("version", ["7", "7.3"])
def test_a_small_file_of_many_zeros_is_one_line(version: str, tmp_path: Path) -> None:
    path = tmp_path / "a.mat"
    if version == "7":
        savemat(path, {"I": np.zeros((1000, 1000))}, do_compression=True)
        values = load_mat(path, "I", most=8_000_000)
    else:
        with h5py.File(path, "w") as file:
            file.create_dataset("I", (20_000, 20_000), "f8", chunks=(100, 100), compression="gzip")
        values = np.zeros((1000, 1000))
    assert not values.any()
    assert values.flags.writeable
    if version == "7":
        savemat(path, {f"I{k}": np.zeros((3000, 4000)) for k in range(4)}, do_compression=True)
    assert path.stat().st_size < 1_000_000
    for _ in range(2):
        refused(lambda: load_variables(path, most=100_000_000), path, "takes more than 200 MB of memory")
    assert load_mat(save(tmp_path / "b.mat", a=1), "a") == 1


def test_one_process_reads_all_files(tmp_path: Path) -> None:
    path = save(tmp_path / "a.mat", a=1)
    load_mat(path, "a")
    process = mat_files._READER._process
    assert process is not None
    for _ in range(20):
        assert load_mat(path, "a") == 1
    assert mat_files._READER._process is process


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_has_a_reader_of_its_own(tmp_path: Path) -> None:
    path = save(tmp_path / "a.mat", a=np.arange(4))
    load_mat(path, "a")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if load_mat(path, "a").sum() == 6 else 2
            mat_files._READER.close()
        finally:
            os._exit(code)
    assert load_mat(path, "a").sum() == 6
    assert os.waitpid(child, 0)[1] == 0


def test_damaged_files_of_any_kind(tmp_path: Path) -> None:
    whole = save(tmp_path / "whole.mat", a=np.arange(1000.0), b=cell([1, "text"])).read_bytes()
    rng = np.random.default_rng(0)
    path = tmp_path / "broken.mat"
    contents = [b"", b"MATLAB", whole[:200], whole[:128] + nested(3000), *(whole[:k] for k in range(130, 400, 37))]
    for _ in range(30):
        spoilt = bytearray(whole)
        for place in rng.integers(128, 700, 5):
            spoilt[place] = rng.integers(256)
        contents.append(bytes(spoilt))
    for content in contents:
        path.write_bytes(content)
        try:
            load_mat(path, "a")
        except mat_files.DatasetError as error:
            assert str(path) in str(error)  # noqa: PT017
            assert "\n" not in str(error)  # noqa: PT017
    refused(lambda: load_mat(version_7_3(path), "a"), path, "damaged MATLAB 7.3 (HDF5)")
    refused(lambda: load_mat(tmp_path / "nowhere.mat", "a"), "nowhere.mat cannot be read: No such file")
    refused(lambda: load_mat(tmp_path, "a"), tmp_path, "cannot be read")


def test_version_7_3_is_as_the_older_versions(tmp_path: Path) -> None:
    values = {
        "matrix": np.arange(6.0).reshape(2, 3),
        "scalar": np.array([[7.0]]),
        "name": "a text",
        "row": np.arange(4.0)[None],
        "gaze": {"image": "x", "location": np.arange(8.0).reshape(4, 2)},
    }
    old, new = save(tmp_path / "old.mat", **values), save_7_3(tmp_path / "new.mat", **values)
    for name in ("matrix", "scalar", "name", "row"):
        np.testing.assert_array_equal(load_mat(new, name), load_mat(old, name))
        assert np.shape(load_variables(new, squeeze=False)["matrix"]) == (2, 3)
    one, two = load_mat(old, "gaze"), load_mat(new, "gaze")
    assert one.image == two.image == "x"
    np.testing.assert_array_equal(one.location, two.location)
    several = [np.eye(2), "b", np.empty((0, 0))]
    old, new = save(tmp_path / "old.mat", c=cell(several)), save_7_3(tmp_path / "new.mat", c=several)
    assert load_mat(new, "c").shape == load_mat(old, "c").shape == (3,)
    np.testing.assert_array_equal(load_mat(new)[0], np.eye(2))


def test_struct_arrays_of_version_7_3(tmp_path: Path) -> None:
    """Each field is an array of references: gaze(2).location."""
    path = tmp_path / "a.mat"
    with h5py.File(path, "w") as file:
        made = [file.create_dataset(f"#refs#/{n}", data=np.full((2, n + 1), n, float)).ref for n in range(3)]
        gaze = file.create_group("gaze")
        gaze.create_dataset("location", data=np.array([made], object), dtype=h5py.ref_dtype)
    found = load_mat(path, "gaze")
    assert [worker.location.shape for worker in np.atleast_1d(found)] == [(2,), (2, 2), (3, 2)]
    old = load_mat(save(tmp_path / "b.mat", gaze=structs([{"location": np.eye(2)}] * 2)), "gaze")
    assert np.shape(old) == (2,)


def test_references_that_lead_back_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mat"
    with h5py.File(path, "w") as file:
        loop = file.create_dataset("loop", (1, 1), dtype=h5py.ref_dtype)
        loop[0, 0] = loop.ref
    refused(lambda: load_mat(path, "loop"), path, "within each other")


def test_many_references_to_one_object_cost_little(tmp_path: Path) -> None:
    """100 cells of 100 references each to the next: 100^20 objects, if each were read again."""
    path = tmp_path / "a.mat"
    with h5py.File(path, "w") as file:
        last = file.create_dataset("#refs#/0", data=np.ones((1, 1))).ref
        for depth in range(20):
            data = np.full((1, 100), None, object)
            data[:] = last
            last = file.create_dataset(f"#refs#/c{depth}", data=data, dtype=h5py.ref_dtype).ref
        file.create_dataset("bomb", data=np.array([[last]], object), dtype=h5py.ref_dtype)
    load_mat(path, "bomb")


def test_variables_are_chosen_by_name(tmp_path: Path) -> None:
    path = save(tmp_path / "a.mat", fixations=np.eye(2), other=1)
    np.testing.assert_array_equal(load_mat(path, "fixLocs", "fixations"), np.eye(2))
    refused(lambda: load_mat(path, "fixLocs", "marks"), path, "no variable 'fixLocs' or 'marks'")
    refused(lambda: load_mat(path), path, "has 2 variables, expected one")
