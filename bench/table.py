"""Rows of what was measured, and how they are shown: for `run` and `load`."""


def row(what, peer, ours, theirs, most):
    return {"what": what, "peer": peer, "seconds": ours, "peerSeconds": theirs, "ratio": ours / theirs,
            "goal": f"at most {most:.2g} x", "reached": ours / theirs <= most}


def figure(what, value, goal, reached):
    return {"what": what, "peer": "-", "value": value, "goal": goal, "reached": reached}


def show(rows):
    print(f"\n{'what':58} {'ours':>12} {'peer':>10} {'ratio':>6}  goal")
    for item in rows:
        ours = item.get("value") or f"{item['seconds']:.3g} s"
        peer = f"{item['peerSeconds']:.3g} s" if "peerSeconds" in item else ""
        ratio = f"{item['ratio']:.2g}" if "ratio" in item else ""
        mark = "" if item["reached"] else "   NOT REACHED"
        print(f"{item['what']:58} {ours:>12} {peer:>10} {ratio:>6}  {item['goal']}{mark}")
        if item["peer"] != "-":
            print(f"{'':58} against {item['peer']}")
