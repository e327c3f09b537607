"""The model architectures that the pinned llama.cpp knows, and what they are good for here (`llama-arch.cpp`)."""

from __future__ import annotations


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# They write text token by token with an attention cache that can be forked anywhere.
GENERATIVE = _names(
    """
    afmoe apertus arcee arctic baichuan bailingmoe bailingmoe2 bitnet bloom chameleon chatglm codeshell cogvlm
    cohere2 cohere2moe command-r dbrx deci deepseek deepseek2 deepseek2-ocr deepseek32 dots1 dots3note ernie4_5
    ernie4_5-moe exaone exaone-moe exaone4 falcon gemma gemma2 gemma3 gemma3n gemma4 glm-dsa glm4 glm4moe
    gpt-oss gpt2 gptneox granite granite_swa granitemoe graniteswitch grok grovemoe hrm_text hunyuan-dense
    hunyuan-moe hunyuan_vl hy_v3 hy_v4 internlm2 jais jais2 laguna llama llama4 maincoder maple mellum mimo2
    minicpm minicpm3 minimax-m2 minimax-m3 mistral3 mistral4 mpt muse-glimmer nanbeige nemotron olmo olmo2 olmoe
    openelm orion paddleocr pangu-embedded phi2 phi3 phimoe plamo plamo3 plm qwen qwen2 qwen2moe qwen2vl qwen3
    qwen3moe qwen3vl qwen3vlmoe refact seed_oss smallthinker smollm3 spark2_5 stablelm starcoder starcoder2
    step35 talkie xverse
    """
)

# They carry a state instead of, or beside, an attention cache: a sequence cannot be forked in its middle.
RECURRENT = _names("arwkv7 mamba mamba2 rwkv6 rwkv6qwen2 rwkv7")
HYBRID = _names(
    """
    bailingmoe3 deepseek4 falcon-h1 glm5-next granitehybrid jamba kimi-k3 kimi-linear lfm2 lfm2moe minimax-01
    nemotron_h nemotron_h_moe plamo2 qwen35 qwen35moe qwen3next qwen4exp
    """
)

# They turn text into vectors and write none.
EMBEDDING = _names(
    """
    bert eurobert gemma-embedding jina-bert-v2 jina-bert-v3 llama-embed modern-bert neo-bert nomic-bert
    nomic-bert-moe t5encoder
    """
)

# They are parts of other models, or work in another way than token by token; each with what it is.
OTHER = {
    "clip": "the eyes or ears of another model (a projector)",
    "gemma4-assistant": "a drafting part of another model",
    "eagle3": "a drafting part of another model",
    "dflash": "a drafting part of another model",
    "t5": "an encoder-decoder model",
    "dream": "a diffusion model, which does not write token by token",
    "llada": "a diffusion model, which does not write token by token",
    "llada-moe": "a diffusion model, which does not write token by token",
    "rnd1": "a diffusion model, which does not write token by token",
    "wavtokenizer-dec": "a speech decoder",
    "qwen3tts": "a speech model",
    "pockettts": "a speech model",
    "gptj": "of an architecture that llama.cpp names but does not run",
}

USABLE = GENERATIVE | RECURRENT | HYBRID
KNOWN = USABLE | EMBEDDING | OTHER.keys()
