"""Makes an Emotion2Vec+ checkpoint folder with random weights: everything the published one has, but the training.

The fields of ``config.yaml`` are those of the published data2vec-2.0 audio configuration, the file
names and ``configuration.json`` those FunASR looks for. ``large`` has the published sizes (313 M
parameters, 1.25 GB); ``tiny`` has the same parts at 64 dimensions and channels and 2 + 2 blocks (1.5 MB).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

LABELS = (
    "生气/angry",
    "厌恶/disgusted",
    "恐惧/fearful",
    "开心/happy",
    "中立/neutral",
    "其他/other",
    "难过/sad",
    "吃惊/surprised",
    "<unk>",
)
FEATURE_ENCODER_SPEC = "[(512, 10, 5)] + [(512, 3, 2)] * 4 + [(512,2,2)] + [(512,2,2)]"  # as published
SIZES = {  # dim, heads, blocks of the prenet, blocks after it, channels of the convolutions over the waveform
    "tiny": (64, 4, 2, 2, 64),
    "large": (1024, 16, 8, 16, 512),
}


def make_config(size: str = "tiny") -> dict[str, Any]:
    """The published configuration at a size."""
    dim, heads, prenet, depth, channels = SIZES[size]
    audio = {
        "type": "AUDIO",
        "prenet_depth": prenet,
        "prenet_layerdrop": 0.05,
        "prenet_dropout": 0.1,
        "start_drop_path_rate": 0.0,
        "end_drop_path_rate": 0.0,
        "num_extra_tokens": 10,
        "init_extra_token_zero": True,
        "mask_noise_std": 0.01,
        "mask_prob_min": None,
        "mask_prob": 0.5,
        "inverse_mask": False,
        "mask_prob_adjust": 0.05,
        "keep_masked_pct": 0.0,
        "mask_length": 5,
        "add_masks": False,
        "remove_masks": False,
        "mask_dropout": 0.0,
        "encoder_zero_mask": True,
        "mask_channel_prob": 0.0,
        "mask_channel_length": 64,
        "ema_local_encoder": False,
        "local_grad_mult": 1.0,
        "use_alibi_encoder": True,
        "alibi_scale": 1.0,
        "learned_alibi": False,
        "alibi_max_pos": None,
        "learned_alibi_scale": True,
        "learned_alibi_scale_per_head": True,
        "learned_alibi_scale_per_layer": False,
        "num_alibi_heads": heads,
        "model_depth": depth,
        "decoder": None,
        "extractor_mode": "layer_norm",
        "feature_encoder_spec": FEATURE_ENCODER_SPEC.replace("512", str(channels)),
        "conv_pos_width": 95,
        "conv_pos_groups": 16,
        "conv_pos_depth": 5,
        "conv_pos_pre_ln": False,
    }
    model_conf = {
        "loss_beta": 0.0,
        "loss_scale": None,
        "depth": depth,
        "start_drop_path_rate": 0.0,
        "end_drop_path_rate": 0.0,
        "num_heads": heads,
        "norm_eps": 1e-05,
        "norm_affine": True,
        "encoder_dropout": 0.1,
        "post_mlp_drop": 0.1,
        "attention_dropout": 0.1,
        "activation_dropout": 0.0,
        "dropout_input": 0.0,
        "layerdrop": 0.05,
        "embed_dim": dim,
        "mlp_ratio": 4.0,
        "layer_norm_first": False,
        "average_top_k_layers": 8,
        "end_of_block_targets": False,
        "clone_batch": 8,
        "normalize": True,
        "project_dim": None,
        "modalities": {"audio": audio},
    }
    return {
        "model": "Emotion2vec",
        "model_conf": model_conf,
        "tokenizer": "CharTokenizer",
        "tokenizer_conf": {"unk_symbol": "<unk>", "split_with_space": True},
        "scope_map": ["d2v_model.", "none"],
    }


def make_checkpoint(folder: Path, size: str = "tiny", seed: int = 0, labels: Sequence[str] = LABELS) -> Path:
    """Writes config.yaml, configuration.json, tokens.txt and model.pt; the folder loads through FunASR's AutoModel.

    The weights are FunASR's own initial ones, with the scales an untrained model leaves at one or
    zero drawn at random too, so that a part that is skipped, swapped or unscaled shows in the output.
    """
    from funasr.models.emotion2vec.model import Emotion2vec
    from omegaconf import OmegaConf

    folder.mkdir(parents=True, exist_ok=True)
    config = make_config(size)
    write_text_files(folder, config, labels)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        model = Emotion2vec(model_conf=OmegaConf.create(config["model_conf"]), vocab_size=len(labels))
        for name, value in model.named_parameters():
            if name.endswith("alibi_scale"):
                value.uniform_(0.3, 1.7)
            elif name.endswith("extra_tokens"):
                value.normal_()
            elif "norm" in name or value.dim() == 1:
                value.add_(torch.randn_like(value) * 0.1)
        model.proj.weight.normal_(std=2.0 / model.proj.in_features**0.5)
        # The published checkpoint was saved by fairseq: backbone under "d2v_model.", head beside it.
        state = {k if k.startswith("proj.") else f"d2v_model.{k}": v for k, v in model.state_dict().items()}
    torch.save({"model": state}, folder / "model.pt")
    return folder


def write_text_files(folder: Path, config: dict[str, Any], labels: Sequence[str]) -> None:
    """Everything but the weights."""
    from omegaconf import OmegaConf

    OmegaConf.save(OmegaConf.create(config), folder / "config.yaml")
    (folder / "tokens.txt").write_text("\n".join(labels), encoding="utf-8")
    metas = {"init_param": "model.pt", "tokenizer_conf": {"token_list": "tokens.txt"}, "config": "config.yaml"}
    configuration = {"framework": "pytorch", "task": "emotion-recognition", "file_path_metas": metas}
    (folder / "configuration.json").write_text(json.dumps(configuration), encoding="utf-8")
