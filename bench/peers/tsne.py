"""scikit-learn's t-SNE, and its handwritten digits, for bench/tsne.ts; one JSON object per line in and out.

{"do": "digits", "file": F, "count": N}                  writes N digits as float32, answers their dimensions
{"do": "tsne", "file": F, "count": N, "dimensions": D,
 "perplexity": P, "iterations": I, "jobs": J}            answers seconds and the embedding, row by row
"""
import json
import sys
import time

try:
    import numpy as np
    import sklearn
    from sklearn.datasets import load_digits
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits
except ImportError as error:
    print(json.dumps({"error": f"this Python has no scikit-learn ({error})"}), flush=True)
    sys.exit(0)


def digits(task):
    points = load_digits().data[: task["count"]].astype(np.float32)
    points.tofile(task["file"])
    return {"count": points.shape[0], "dimensions": points.shape[1]}


def tsne(task):
    points = np.fromfile(task["file"], dtype=np.float32).reshape(task["count"], task["dimensions"])
    model = TSNE(
        n_components=2,
        perplexity=task["perplexity"],
        max_iter=task["iterations"],
        init="pca",
        learning_rate="auto",
        method="barnes_hut",
        random_state=0,
        n_jobs=task["jobs"],
    )
    # n_jobs only governs the search for neighbours; the descent takes as many threads as OpenMP has.
    with threadpool_limits(limits=task["jobs"]):
        start = time.perf_counter()
        embedding = model.fit_transform(points)
        seconds = time.perf_counter() - start
    return {"seconds": seconds, "iterations": model.n_iter_ + 1, "embedding": embedding.astype(float).ravel().tolist()}


ACTIONS = {"version": lambda task: {"version": sklearn.__version__}, "digits": digits, "tsne": tsne}

for line in sys.stdin:
    task = json.loads(line)
    try:
        answer = ACTIONS[task["do"]](task)
    except Exception as error:  # the other side reports it
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
