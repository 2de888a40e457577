"""A static model of a sentence-transformers model: its vector of each token alone, 256 principal components, weighted by
rank, as Model2Vec makes them (pip install "model2vec[distill]"). Needs no network where the model is a folder.

  python distill_static.py weights/all-MiniLM-L6-v2 /tmp/static-minilm      # about two minutes on two cores
  build/bin/aisle run --data examples/catalogue/products.csv --label class_id --text-model /tmp/static-minilm --image-model none
"""
import sys

from model2vec.distill import distill

if len(sys.argv) != 3:
    sys.exit(__doc__)
distill(model_name=sys.argv[1], pca_dims=256).save_pretrained(sys.argv[2])
