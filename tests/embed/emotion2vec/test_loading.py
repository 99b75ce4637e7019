"""Loading leaves the process as it was, and says what is missing."""

from __future__ import annotations

import logging
import os
import random
import shutil
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest
import torch

from emoanalytics.embed.emotion2vec import Emotion2Vec
from emoanalytics.embed.emotion2vec.device import choose_device
from emoanalytics.embed.emotion2vec.loading import undisturbed
from emoanalytics.errors import EncoderError, MissingExtraError, ModelMissingError
from tests.embed.emotion2vec.twin import CLIPS


def seed_all(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the global generator is what is tested
    torch.manual_seed(seed)


def draw_all() -> tuple[float, float, float]:
    return random.random(), np.random.random(), torch.rand(1).item()  # noqa: NPY002


def test_nothing_of_the_callers_is_changed(folder, capfd):
    before_modules = logging.getLogger().level, list(logging.getLogger().handlers), list(warnings.filters)
    environment = dict(os.environ)
    threads = torch.get_num_threads()
    seed_all(5)
    expected = draw_all()
    seed_all(5)
    torch.set_num_threads(3)
    try:
        encoder = Emotion2Vec.load(folder, device="cpu", threads=2)
        seen = []
        plain, encoder._forward.run = (
            encoder._forward.run,
            lambda w: seen.append(torch.get_num_threads()) or plain(w),
        )
        encoder.encode(CLIPS[:2])
        assert torch.get_num_threads() == 3
        assert seen == [2, 2]
    finally:
        torch.set_num_threads(threads)
    assert draw_all() == expected
    assert (logging.getLogger().level, list(logging.getLogger().handlers), list(warnings.filters)) == before_modules
    assert dict(os.environ) == environment
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""


def test_the_first_load_of_a_process_prints_nothing(folder):
    """The import of FunASR prints, logs and sets environment variables: only a fresh process shows it."""
    program = """
import logging, os, sys, warnings
import torch  # what torch itself changes is its own affair
def env():
    return {k: v for k, v in os.environ.items() if not k.startswith("KMP_")}
from emoanalytics.embed.emotion2vec import Emotion2Vec
environment, filters = env(), list(warnings.filters)
Emotion2Vec.load(sys.argv[1], device="cpu")
assert logging.getLogger().level == logging.WARNING and not logging.getLogger().handlers
assert warnings.filters == filters, warnings.filters
assert env() == environment
"""
    done = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_other_threads_may_print_while_a_model_loads(capsys):
    def speak() -> None:
        print("from another thread")

    with undisturbed():
        print("from FunASR")
        other = threading.Thread(target=speak)
        other.start()
        other.join()
    print("afterwards")
    assert capsys.readouterr().out == "from another thread\nafterwards\n"


def test_a_folder_without_configuration_json_loads(folder, tmp_path, encoder):
    bare = shutil.copytree(folder, tmp_path / "bare")
    (bare / "configuration.json").unlink()
    assert Emotion2Vec.load(bare, device="cpu").card.digest == encoder.card.digest


def test_what_load_refuses(folder, monkeypatch):
    with pytest.raises(EncoderError, match="unknown precision 'half': auto, exact, fast, bf16, int8"):
        Emotion2Vec.load(folder, precision="half")
    with pytest.raises(EncoderError, match="unknown device 'tpu'"):
        Emotion2Vec.load(folder, device="tpu")
    with pytest.raises(EncoderError, match="threads must be at least 1, not 0"):
        Emotion2Vec.load(folder, threads=0)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(EncoderError, match="this machine has no device 'cuda'"):
        choose_device("cuda")
    assert choose_device("auto") == "cpu"


def test_a_model_that_is_not_here(tmp_path, monkeypatch):
    for name in ("EMOANALYTICS_HOME", "MODELSCOPE_CACHE", "HF_HUB_CACHE"):
        monkeypatch.setenv(name, str(tmp_path))
    with pytest.raises(ModelMissingError, match=r"run `emoanalytics model fetch emotion2vec_plus_large`, .*acoustic"):
        Emotion2Vec.load("emotion2vec_plus_large")


def test_without_the_extra(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'emoanalytics\[emotion2vec\]'"):
        Emotion2Vec.load(folder)
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "funasr", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'emoanalytics\[emotion2vec\]'"):
        Emotion2Vec.load(folder)
