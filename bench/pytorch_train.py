#!/usr/bin/env python3
"""Times a training step (forward, backward, update) in PyTorch and prints it as a line of JSON.

The peer of `spinexr bench --train`.

usage: pytorch_train.py NETWORK f32|bf16 BATCH WIDTHxHEIGHT RUNS THREADS
NETWORK: densenet121, densenet169, densenet201, or resnet50+fpn (the backbone alone, with stem and
first stage frozen).
bf16 is torch.autocast. channels_last is the faster layout on CPUs.
"""
import json
import resource
import sys
import time

import torch
import torchvision

name, precision, batch, size, runs, threads = sys.argv[1:7]
width, height = map(int, size.split("x"))
torch.set_num_threads(int(threads))
torch.manual_seed(0)
if name == "resnet50+fpn":
    model = torchvision.models.detection.backbone_utils.resnet_fpn_backbone(
        backbone_name="resnet50", weights=None, trainable_layers=3,
        norm_layer=torchvision.ops.misc.FrozenBatchNorm2d)
else:
    model = getattr(torchvision.models, name)(weights=None, num_classes=1)
model = model.to(memory_format=torch.channels_last).train()
optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad],
                            lr=1e-5, momentum=0.9, weight_decay=1e-4)
x = torch.randn(int(batch), 3, height, width).to(memory_format=torch.channels_last)
y = torch.ones(int(batch), 1)


def step():
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
        out = model(x)
        if isinstance(out, dict):
            loss = sum(v.float().mean() for v in out.values())
        else:
            loss = torch.nn.functional.binary_cross_entropy_with_logits(out.float(), y)
    loss.backward()
    optimizer.step()
    return loss.item()


step()
seconds = []
for _ in range(int(runs)):
    start = time.perf_counter()
    step()
    seconds.append(time.perf_counter() - start)
print(json.dumps({"network": name, "ms": min(seconds) * 1e3, "version": torch.__version__,
                  "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
