"""The scripts that made the committed constants: of the classical models, `wepsam.attention` and `wepsam.kinds`.

| command | learns | from | writes, in src/wepsam/classical/ |
|---|---|---|---|
| python -m learn.aim PHOTOS | the filters of `aim` | photographs | bases/aim.npy |
| python -m learn.sun PHOTOS | the filters of `sun` and the densities of their responses | photographs | bases/sun.npz |
| python -m learn.lgs PHOTOS | the dictionaries of `lgs` | photographs | bases/lgs.npz |
| python -m learn.judd DATA | the weights of `judd` | fixations | bases/judd.json |
| python -m learn.edn DATA | the readout "relearned" of `edn` | fixations | bases/edn.npz |
| python -m learn.class_responses DATA | axes of class responses, for `mkl` | photographs | bases/class_responses.onnx |
| python -m learn.mkl DATA | the kernels of `mkl`, the weights of their groups | fixations | bases/mkl.npz, mkl.json |
| python -m learn.ensemble DATA | the eleven numbers of `ensemble` | fixations | ensemble.json |
| python -m learn.areas DATA | intervals of areas' shares | fixations | ../attention/intervals.json |
| python -m learn.reference DATA | percentiles of scores | photographs, screenshots | ../attention/reference.json |
| python -m learn.kinds DATA | what tells pages from photographs | screenshots, photographs | ../kinds.json |

PHOTOS is a folder of photographs. The committed constants were learned from the 935 photographs of the NIPS 2017
adversarial-attacks development set (CC-BY 2.0), with 144 pixels on the shorter side. The constants are filters and
their statistics; they hold no photograph and no part of one.

DATA is a folder with the datasets osie/, dut_omron/, eyecrowd/ and scene/ (docs/reference/datasets.md). Only their
training parts are used, so that their validation parts stay fit for scoring. `learn.ensemble` also reads those of
sjtu/, salicon/ and emod/. `learn.areas` and `learn.reference` use validation parts,
from which the networks have not learned, and read sjtu/ and more, too. `learn.kinds` needs no fixations and reads all
pictures of more folders; its docstring names them.

The scripts need `pip install 'wepsam[train]'`. Run them at the root of the repository. Random numbers have fixed seeds:
the same pictures give the same constants.
"""
