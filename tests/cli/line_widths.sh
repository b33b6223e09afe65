#!/bin/sh
# line_widths.sh SPINEXR: no line that a command prints has more than 80 columns, except warnings
# and errors, which are one line each. Names are short here; test_line.c tests long ones.
set -u
spinexr=$(realpath "$1")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
wide=0

# check STATUS ARGUMENT...: runs a command, which must end with this status.
check() {
    wanted=$1
    shift
    "$spinexr" "$@" >printed 2>&1
    status=$?
    if [ $status -ne "$wanted" ]; then
        echo "spinexr $*: status $status, not $wanted"
        cat printed
        wide=1
    fi
    if grep -Ev '^spinexr: (warning|error): ' printed | grep -E '.{81}' >long; then
        echo "spinexr $*: lines of more than 80 columns:"
        cat long
        wide=1
    fi
}

small='{"growth": 4, "stem": 8, "blocks": [1, 1, 1, 1]}'
detector='{"backbone_stem": 8, "backbone_blocks": [1, 1, 1, 1], "proposals": 20, "heads": 2,
    "hidden": 32, "dynamic": 8, "feedforward": 64}'

check 0 --help
check 0 version
for group in data eval model train; do
    check 0 $group --help
    for command in $("$spinexr" $group --help | sed -n "s/^  $group \([a-z]*\) .*/\1/p"); do
        check 0 $group "$command" --help
    done
done
for command in predict explain bench version; do check 0 $command --help; done

check 0 data phantom --out set --count 12 --size 300 --test 0.4 --mix even
check 0 data check set --classes vindr
check 0 data stats set --headers
check 0 data split set --out parts
check 0 data split set --folds 6 --out folds
for layout in coco voc yolo labels; do
    check 0 data convert set --to $layout --link --out $layout
done
check 0 data deidentify set --out new
check 0 data meta set --out meta.csv
check 1 data check set/annotations/test.csv --classes A,B

check 0 model synthetic densenet121 --network "$small" --out c.safetensors
check 0 model synthetic sparse_rcnn_r50 --network "$detector" --out d.safetensors
check 0 model show c.safetensors
check 0 model show d.safetensors --all
for arch in densenet201 sparse_rcnn_r101 faster_rcnn_r50 retinanet_r50 efficientdet_d0; do
    check 0 model show $arch
    check 0 model show $arch --all
done
check 0 model export c.safetensors --out c.onnx
check 0 model calibrate --weights c.safetensors --weights d.safetensors --data coco --out fitted
check 0 model show fitted/c.safetensors
check 0 model show fitted/d.safetensors
check 0 bench densenet121 --size 64x64 --runs 1 --steps
check 0 bench densenet121 --size 64x64 --runs 1 --train 1 --steps
check 0 bench retinanet_r50 --size 64x64 --runs 1

check 0 predict coco --weights fitted --out found
check 0 explain coco --weights c.safetensors --out maps
check 0 predict coco --weights d.safetensors --out boxes
check 0 eval classify set found/report.json --resamples 20
for command in detect pipeline report; do
    check 0 eval $command set found/report.json --classes vindr --resamples 20 --html page.html
done
check 0 eval detect set boxes/findings.csv --classes vindr --resamples 20 --paper
check 0 eval pipeline set found/report.json --classes vindr --resamples 20 --paper
check 0 eval classify set found/report.json --resamples 20 --paper --ci vindr
check 0 eval compare set A=found/report.json B=found/report.json --classes vindr --resamples 20
{
    echo 'image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax'
    for reader in R1 R2 R3; do
        echo "a,$reader,Osteophytes,1,1,9,9"
        echo "b,$reader,No finding,,,,"
    done
} >read.csv
check 0 eval agreement read.csv --resamples 20

check 0 train classifier --data set --val coco --out run --preset densenet_small --iterations 2 \
    --batch 2 --validate 1
check 0 train detector --data set --val coco --out run2 --preset sparse_demo --iterations 2 \
    --batch 2 --validate 1
check 0 train plot run run2
cat >sweep.yaml <<END
SPINEXR:
  PRESET: densenet_small
SPINE:
  TRAIN_ANNOTATION: set
SOLVER:
  MAX_ITER: 1
  IMS_PER_BATCH: 2
SWEEP:
  SOLVER.BASE_LR: [0.01, 0.02]
END
check 0 train sweep sweep.yaml --out sweep
exit $wide
