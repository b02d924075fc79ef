"""Contexts in sentences, code and configurations of a hundred people more: what each says of the run, and no more."""

import pytest

from grokcast.stated_context import stated_context
from training_runs import InvalidInput
from training_runs.context_words import description_rules, descriptions, read_context

SAID = [
    ('Following prior work we train a one-layer decoder-only transformer with d_model = 128 and four attention heads of dimension 32, ReLU MLP of 512 units and no LayerNorm. The data are all pairs modulo p = 113, 30 % of which are used for training. Optimization is full-batch AdamW with γ = 1e-3 and λ = 1, betas (0.9, 0.98).', {'modulus': 113, 'train_fraction': 0.3, 'architecture': 'transformer', 'layers': 1, 'width': 512, 'embedding_dim': 128, 'optimizer': 'adamw', 'beta1': 0.9, 'beta2': 0.98, 'layer_norm': False}),
    ('Our LSTM has a hidden state of size 256 and an embedding of size 64; it is trained on IMDB with 1000 training reviews, Adam at 1e-3.', {'task_family': 'reviews', 'train_size': 1000, 'architecture': 'lstm', 'width': 256, 'embedding_dim': 64, 'optimizer': 'adam', 'learning_rate': 0.001}),
    ('We consider a∘b = a·b⁻¹ (mod 59) and hold out 60 % of the equations.', {'task_family': 'modular', 'operation': 'div', 'modulus': 59}),
    ('Table 3: hyperparameters. Embedding dimension 256. Feed-forward dimension 1024. Number of layers 2. Number of heads 4. Dropout 0.0. Learning rate 1e-3. Weight decay 1.0. Batch size 512. Warm-up steps 10.', {'architecture': 'transformer', 'layers': 2, 'width': 1024, 'embedding_dim': 256, 'learning_rate': 0.001, 'weight_decay': 1.0, 'batch_size': 512, 'dropout': 0.0, 'warmup_steps': 10.0}),
    ('The training set consists of 2 400 points drawn from four Gaussian clusters in XOR position in 40 dimensions; 5 percent of the training labels are flipped. Two-layer ReLU net with 512 neurons, GD, step size 0.01.', {'task_family': 'clusters', 'train_size': 2400, 'layers': 2, 'width': 512, 'optimizer': 'sgd', 'learning_rate': 0.01, 'label_noise': 0.05}),
    ('hey, anyone seen this? 1 layer trafo mod 97 add, lr=1e-3, wd=1, 40% train, still 1% val after 8k steps', {'task_family': 'modular', 'operation': 'add', 'modulus': 97, 'train_fraction': 0.4, 'architecture': 'transformer', 'layers': 1, 'learning_rate': 0.001, 'weight_decay': 1.0}),
    ('tl;dr MLP (784→512→512→10), 1k MNIST, AdamW 3e-4, wd 0.1, bs 200, init scaled up 9x. No grokking yet @ 60k.', {'task_family': 'mnist', 'classes': 10, 'architecture': 'mlp', 'layers': 2, 'width': 512, 'optimizer': 'adamw', 'learning_rate': 0.0003, 'weight_decay': 0.1, 'batch_size': 200, 'init_scale': 9.0}),
    ('Setup: PyTorch 2.4, CUDA 12.1, A100 80GB. p=113, seed=42, 5 digits precision. lr of 1e-3 w/ 10 steps of warm up', {'modulus': 113, 'learning_rate': 0.001, 'warmup_steps': 10.0}),
    ('weight decay was accidentally left at 0.01 (the default), optimizer AdamW, lr=1e-3', {'optimizer': 'adamw', 'learning_rate': 0.001, 'weight_decay': 0.01}),
    ("Tomorrow I'll try lr 1e-2. Today: lr 1e-3, wd 0.3", {'learning_rate': 0.001, 'weight_decay': 0.3}),
    ("previously wd was 0.1 and it never grokked, now it's 1. lr unchanged at 1e-3", {'learning_rate': 0.001}),
    ("My friend's run with lr 1e-2 diverged, mine has lr 1e-3 and bs 64", {'learning_rate': 0.001, 'batch_size': 64}),
    ("I'd like to go up to width 512 at some point but for now width is 128, depth 2", {'layers': 2, 'width': 128}),
    ('val acc has been 2% for 30k steps; train acc 100% since step 900. transformer, dim 128, 2 layers, p=97, 25% train split', {'modulus': 97, 'train_fraction': 0.25, 'architecture': 'transformer', 'layers': 2, 'embedding_dim': 128}),
    ("I don't use weight decay nor dropout, just SGD at 0.1 w/ momentum .9 and batchsize 256", {'optimizer': 'sgd', 'learning_rate': 0.1, 'weight_decay': 0.0, 'batch_size': 256, 'dropout': 0.0, 'momentum': 0.9}),
    ("parser.add_argument('--lr', type=float, default=1e-3)\nparser.add_argument('--weight-decay', type=float, default=1.0)\nparser.add_argument('--p', type=int, default=97)\nparser.add_argument('--train-frac', type=float, default=0.4)", {'modulus': 97, 'train_fraction': 0.4, 'learning_rate': 0.001, 'weight_decay': 1.0}),
    ("@click.option('--lr', default=3e-4)\n@click.option('--batch-size', default=256)\n@click.option('--width', default=200)", {'width': 200, 'learning_rate': 0.0003, 'batch_size': 256}),
    ('{\n  // grokking config\n  lr: 1e-3,\n  weightDecay: 1.0,\n  modulus: 97, // prime\n  trainFraction: 0.3,\n}', {'modulus': 97, 'train_fraction': 0.3, 'learning_rate': 0.001, 'weight_decay': 1.0}),
    ('d_model=128, d_ff = 4*d_model, lr=1e-3', {'architecture': 'transformer', 'width': 512, 'embedding_dim': 128, 'learning_rate': 0.001}),
    ('lr = 1e-3 * 0.1, wd = 1/2', {'learning_rate': 0.0001, 'weight_decay': 0.5}),
    ('weight decay = 1e-2 / lr, lr = 1e-3', {'learning_rate': 0.001}),
    ('训练一个单层Transformer，d_model=128，4个注意力头，模113加法，30%数据训练，AdamW，学习率0.001，权重衰减1，全批量训练', {'task_family': 'modular', 'operation': 'add', 'modulus': 113, 'train_fraction': 0.3, 'architecture': 'transformer', 'layers': 1, 'embedding_dim': 128, 'optimizer': 'adamw', 'learning_rate': 0.001, 'weight_decay': 1.0}),
    ('两层MLP，隐藏层宽度200，MNIST取1000个样本，优化器Adam，学习率1e-3，不用dropout', {'task_family': 'mnist', 'train_size': 1000, 'architecture': 'mlp', 'layers': 2, 'width': 200, 'optimizer': 'adam', 'learning_rate': 0.001, 'dropout': 0.0}),
    ('学习率设为3e-4，批大小设为64，训练5万步', {'learning_rate': 0.0003, 'batch_size': 64, 'budget_step': 50000}),
    ('2層のTransformer、埋め込み次元128、学習率0.001、重み減衰1.0、mod 97の足し算', {'task_family': 'modular', 'operation': 'add', 'modulus': 97, 'architecture': 'transformer', 'layers': 2, 'embedding_dim': 128, 'learning_rate': 0.001, 'weight_decay': 1.0}),
    ('모듈러 덧셈 p=97, 2층 트랜스포머, 학습률 0.001, 가중치 감쇠 1, 배치 크기 512', {'task_family': 'modular', 'operation': 'add', 'modulus': 97, 'architecture': 'transformer', 'layers': 2, 'learning_rate': 0.001, 'weight_decay': 1.0, 'batch_size': 512}),
    ('Einschichtiger Transformer, Modellbreite 128, Addition modulo 113, 30 Prozent der Paare zum Training, AdamW mit Lernrate 10^-3 und Gewichtsabfall 1,0, kein Dropout', {'task_family': 'modular', 'operation': 'add', 'modulus': 113, 'train_fraction': 0.3, 'architecture': 'transformer', 'layers': 1, 'embedding_dim': 128, 'optimizer': 'adamw', 'learning_rate': 0.001, 'weight_decay': 1.0, 'dropout': 0.0}),
    ('division modulaire p=97, la moitié des exemples, décroissance des poids de 1, 10 000 itérations', {'task_family': 'modular', 'operation': 'div', 'modulus': 97, 'train_fraction': 0.5, 'weight_decay': 1.0, 'budget_step': 10000}),
    ('Transformer de 2 capas y 4 cabezas, dimensión 128, suma módulo 97 con el 40% de los pares, AdamW, tasa de aprendizaje 1e-3, decaimiento de pesos 1', {'task_family': 'modular', 'operation': 'add', 'modulus': 97, 'train_fraction': 0.4, 'architecture': 'transformer', 'layers': 2, 'embedding_dim': 128, 'optimizer': 'adamw', 'learning_rate': 0.001, 'weight_decay': 1.0}),
    ('Rede com duas camadas ocultas de 128 neurônios, otimizador Adam, taxa de aprendizado 0,01, tamanho do lote 32, sem dropout', {'layers': 2, 'width': 128, 'optimizer': 'adam', 'learning_rate': 0.01, 'batch_size': 32, 'dropout': 0.0}),
    ('MLP con due strati nascosti da 256 neuroni, ottimizzatore AdamW, tasso di apprendimento 0,001, decadimento dei pesi 0,1, 20.000 passi', {'architecture': 'mlp', 'layers': 2, 'width': 256, 'optimizer': 'adamw', 'learning_rate': 0.001, 'weight_decay': 0.1, 'budget_step': 20000}),
    ('Трансформер с одним слоем, d_model 128, сложение по модулю 97, 40% данных для обучения, скорость обучения 1e-3, затухание весов 1', {'task_family': 'modular', 'operation': 'add', 'modulus': 97, 'train_fraction': 0.4, 'architecture': 'transformer', 'layers': 1, 'embedding_dim': 128, 'learning_rate': 0.001, 'weight_decay': 1.0}),
    ("tek katmanlı transformer, öğrenme oranı 0,001, ağırlık azalması 1, mod 97 toplama, verinin %40'ı", {'task_family': 'modular', 'operation': 'add', 'modulus': 97, 'architecture': 'transformer', 'layers': 1, 'learning_rate': 0.001, 'weight_decay': 1.0}),
    ('dwuwarstwowy MLP, współczynnik uczenia 0,01, rozmiar partii 64, bez dropoutu, optymalizator SGD', {'layers': 2, 'architecture': 'mlp', 'optimizer': 'sgd', 'learning_rate': 0.01, 'batch_size': 64, 'dropout': 0.0}),
    ('Letzte Woche war die Lernrate 0,01, diese Woche 0,001; Batchgröße 64', {'batch_size': 64}),
    ('sparse parity n=40, k=3, N=1000 train points, MLP width 1000', {'task_family': 'parity', 'train_size': 1000, 'architecture': 'mlp', 'width': 1000}),
    ('OneCycle max_lr 0.01, pct_start 0.3, 30k total steps', {'learning_rate': 0.01, 'budget_step': 30000}),
    ('peak lr 6e-4, min lr 6e-5, 2000 warmup iters, 600k max iters', {'learning_rate': 0.0006, 'budget_step': 600000, 'warmup_steps': 2000.0}),
    ('training takes 2h, 3 GB, 150 W, 40k steps at 12 it/s; wd=.5', {'weight_decay': 0.5, 'budget_step': 40000}),
    ('learning rate (peak) = 1e-3; weight decay (AdamW) = 0.1; layers (total) = 4', {'layers': 4, 'learning_rate': 0.001, 'weight_decay': 0.1}),
    ('I train with 512 samples per batch and 18 batches an epoch', {'batch_size': 512, 'steps_per_epoch': 18.0}),
    ('model_dim:128 heads:4 blocks:2 bs:full frac:.5 modulo:59 op:multiply', {'operation': 'mul', 'modulus': 59, 'train_fraction': 0.5, 'architecture': 'transformer', 'layers': 2, 'embedding_dim': 128}),
    ('lr is not 1e-3 but 3e-4', {'learning_rate': 0.0003}),
    ("not wd 1! it's wd 0.01, lr 1e-3", {'learning_rate': 0.001, 'weight_decay': 0.01}),
    ('the code says weight_decay=1e-2 but I override it with 1.0', {'weight_decay': 1.0}),
    ('Two param groups: embeddings lr 1e-2, rest lr 1e-3; wd 1', {'weight_decay': 1.0}),
    ('lr=args.lr, wd=args.wd, p=97', {'modulus': 97}),
    ('lr=choice(1e-3,1e-4), wd=1, p=97', {'modulus': 97, 'weight_decay': 1.0}),
    ('fractions 20%, 30% and 40% of the data; p=97', {'modulus': 97}),
    ('1,2 or 4 layers; d_model 128', {'embedding_dim': 128}),
    ('between 5000 and 8000 steps; lr .001', {'learning_rate': 0.001}),
    ('validation on 70% of pairs (the rest trains), lr 1e-3', {'learning_rate': 0.001}),
    ('keeping 30% out for validation, training on the remaining 70%; wd 1', {'train_fraction': 0.7, 'weight_decay': 1.0}),
    ('30/20/50 (train/val/test), wd 1', {'train_fraction': 0.3, 'weight_decay': 1.0}),
    ('label noise on 10 of 100 samples; lr 1e-3', {'train_size': 100, 'learning_rate': 0.001, 'label_noise': 0.1}),
    ('without warmup, with nesterov, w/o dropout, with LN', {'dropout': 0.0, 'nesterov': True, 'warmup_steps': 0.0, 'layer_norm': True}),
    ('3 layers: 784 → 200 → 200 → 10 with tanh, lr .1', {'classes': 10, 'width': 200, 'learning_rate': 0.1}),
    ('exp-07/mod97/adamw/lr=0.001/wd=1/ckpt_5000.pt', {'modulus': 97, 'optimizer': 'adamw', 'learning_rate': 0.001, 'weight_decay': 1.0}),
    ('60k train / 10k test MNIST but only 1k used; lr 1e-3', {'task_family': 'mnist', 'val_size': 10000, 'learning_rate': 0.001}),
    ('subset of 1k from the 60,000 MNIST images; lr 1e-3', {'task_family': 'mnist', 'train_size': 1000, 'learning_rate': 0.001}),
    ('25 000 IMDB reviews, of which I use 1 000; LSTM', {'task_family': 'reviews', 'train_size': 1000, 'architecture': 'lstm'}),
    ('weight decay à 1, dropout à 0, lr à 1e-3', {'learning_rate': 0.001, 'weight_decay': 1.0, 'dropout': 0.0}),
    ('学習率は0.001から0.0001へ減衰、バッチ64', {'learning_rate': 0.001, 'batch_size': 64}),
    ('학습률을 0.01에서 0.001로 낮췄고 배치 크기는 64', {'batch_size': 64}),
    ('model = nn.Sequential(nn.Embedding(97, 64), nn.Flatten(), nn.Linear(128, 256), nn.ReLU(), nn.Linear(256, 97))', {'embedding_dim': 64}),
    ('loss = F.cross_entropy(logits, y) + 1e-4 * sum(p.pow(2).sum() for p in model.parameters())\nopt = Adam(lr=1e-3)', {'optimizer': 'adam', 'learning_rate': 0.001, 'loss': 'cross_entropy'}),
    ('LEARNING_RATE = 0.001\nNUM_TRAIN_STEPS = 100_000\nHIDDEN = 256\nMOD = 97', {'modulus': 97, 'width': 256, 'learning_rate': 0.001, 'budget_step': 100000}),
    ("model.add(Dense(128, activation='relu', input_dim=40))\nmodel.add(Dense(128, activation='relu'))\nmodel.add(Dense(1, activation='sigmoid'))\nmodel.compile(loss='binary_crossentropy', optimizer=SGD(lr=0.1))", {'architecture': 'mlp', 'layers': 2, 'width': 128, 'optimizer': 'sgd', 'learning_rate': 0.1, 'loss': 'binary_crossentropy'}),
    ('lr\twd\tp\tfrac\n1e-3\t1.0\t97\t0.3', {'modulus': 97, 'train_fraction': 0.3, 'learning_rate': 0.001, 'weight_decay': 1.0}),
    ('lr,wd,p,frac\n0.001,1.0,97,0.3', {'modulus': 97, 'train_fraction': 0.3, 'learning_rate': 0.001, 'weight_decay': 1.0}),
    ('Our model is a single-hidden-layer MLP of 256 ReLU units on concatenated 64-dimensional embeddings; mod-53 addition; half of the 2,809 pairs; AdamW with lr 3e-4 and wd 1.', {'task_family': 'modular', 'operation': 'add', 'modulus': 53, 'train_fraction': 0.5, 'architecture': 'mlp', 'layers': 1, 'width': 256, 'embedding_dim': 64, 'optimizer': 'adamw', 'learning_rate': 0.0003, 'weight_decay': 1.0}),
    ('dropout probability of one tenth; learning rate of one thousandth', {'learning_rate': 0.001, 'dropout': 0.1}),
    ('We set the weight decay to zero and lr to 0.01.', {'learning_rate': 0.01, 'weight_decay': 0.0}),
    ('regularised with weight decay (coefficient 0.01) and dropout (rate 0.2)', {'weight_decay': 0.01, 'dropout': 0.2}),
    ('Training set: 1024 examples. Test set: 4096 examples. Batch size: 32.', {'train_size': 1024, 'val_size': 4096, 'batch_size': 32}),
    ('of the p(p-1) = 9312 equations in division mod 97 we train on 4656', {'modulus': 97, 'train_size': 4656}),
    ('modular arithmetic with p=97, operation is subtraction, split 50/50', {'task_family': 'modular', 'operation': 'sub', 'modulus': 97, 'train_fraction': 0.5}),
    ('Trained on a quarter of the addition table modulo 31 with vanilla gradient descent, step size 1.', {'task_family': 'modular', 'operation': 'add', 'modulus': 31, 'train_fraction': 0.25, 'optimizer': 'sgd'}),
    ('lr = 1e-3 / sqrt(width), width = 256', {'width': 256}),
    ('we use SGD w/o momentum (lr 0.01), weight-decay 0.001, 10% of CIFAR-10', {'task_family': 'cifar', 'train_fraction': 0.1, 'optimizer': 'sgd', 'learning_rate': 0.01, 'weight_decay': 0.001, 'momentum': 0.0}),
    ('OOM with batch 4096 so I dropped to 1024; lr 1e-3', {'learning_rate': 0.001}),
    ('lr 1e-3 crashed → 3e-4 works', {}),
    ('Wir verwenden ein zweilagiges MLP mit 128 Neuronen pro Schicht, Kreuzentropie, Adam, Lernrate 1e-3, keine Gewichtsabnahme, 5 % verrauschte Labels', {'architecture': 'mlp', 'layers': 2, 'width': 128, 'optimizer': 'adam', 'learning_rate': 0.001, 'weight_decay': 0.0, 'loss': 'cross_entropy', 'label_noise': 0.05}),
    ('Modèle : transformeur à 1 couche, 4 têtes, d_model 128. Entraînement sur 30 % des paires, AdamW, lr 1e-3, décroissance de poids 1,0, 50 000 pas.', {'train_fraction': 0.3, 'architecture': 'transformer', 'layers': 1, 'embedding_dim': 128, 'optimizer': 'adamw', 'learning_rate': 0.001, 'weight_decay': 1.0, 'budget_step': 50000}),
    ('rete con 3 strati da 100 unità, funzione di perdita MSE, ottimizzatore SGD, tasso di apprendimento 0,01, senza momento', {'layers': 3, 'width': 100, 'optimizer': 'sgd', 'learning_rate': 0.01, 'loss': 'mse', 'momentum': 0.0}),
    ('трёхслойный MLP, ширина 256, оптимизатор Adam, без затухания весов, размер пакета 32, 20 тысяч итераций', {'architecture': 'mlp', 'layers': 3, 'width': 256, 'optimizer': 'adam', 'weight_decay': 0.0, 'batch_size': 32, 'budget_step': 20000}),
    ('隐藏层大小为512的MLP，损失函数为均方误差，权重衰减为0.01，不使用动量', {'architecture': 'mlp', 'width': 512, 'weight_decay': 0.01, 'loss': 'mse', 'momentum': 0.0}),
    ('训练样本1000个，测试样本10000个，学习率=0.001', {'train_size': 1000, 'learning_rate': 0.001}),
    ('sieć dwuwarstwowa, 128 neuronów, współczynnik uczenia 0,001, 10 tysięcy kroków, rozmiar paczki 32', {'layers': 2, 'width': 128, 'learning_rate': 0.001, 'batch_size': 32, 'budget_step': 10000}),
    ('Model: 4-layer encoder, 8 heads, hidden 512; lr peaks at 5e-4 after 4k warmup steps', {'architecture': 'transformer', 'layers': 4, 'embedding_dim': 512, 'learning_rate': 0.0005, 'warmup_steps': 4000.0}),
    ('Using wd of 0.5 now; was at 2.0 yesterday, and lr stays 1e-3', {'learning_rate': 0.001, 'weight_decay': 0.5}),
    ('p=97, operation=(x+y)%p, train/test=40/60', {'task_family': 'modular', 'operation': 'add', 'modulus': 97, 'train_fraction': 0.4}),
    ('two transformer blocks of width one hundred twenty-eight, learning rate one thousandth', {'architecture': 'transformer', 'layers': 2, 'embedding_dim': 128, 'learning_rate': 0.001}),
    ('weight_decay=1.0 on everything except LayerNorm and biases; lr=1e-3', {'learning_rate': 0.001, 'weight_decay': 1.0}),
    ('10k params only! 1 hidden layer, 32 units. lr 1e-2 adam, 256 train pts', {'train_size': 256, 'layers': 1, 'width': 32, 'parameters': 10000, 'optimizer': 'adam', 'learning_rate': 0.01}),
    ("J'utilise SGD avec un pas de 0,1 et un lot de 64, 3 couches cachées de 128", {'layers': 3, 'width': 128, 'optimizer': 'sgd', 'learning_rate': 0.1, 'batch_size': 64}),
    ('Обучаю MLP на 1000 примерах MNIST, Adam, lr 1e-3, L2 0.01', {'task_family': 'mnist', 'train_size': 1000, 'architecture': 'mlp', 'optimizer': 'adam', 'learning_rate': 0.001, 'weight_decay': 0.01}),
    ('学習率1e-3、AdamW、重み減衰1、p=113、訓練割合0.3、全バッチ', {'modulus': 113, 'train_fraction': 0.3, 'optimizer': 'adamw', 'learning_rate': 0.001, 'weight_decay': 1.0}),
    ('ADAMW | LR 1E-3 | WD 1 | P 97 | FRAC 0.3 | 50K STEPS', {'modulus': 97, 'train_fraction': 0.3, 'optimizer': 'adamw', 'learning_rate': 0.001, 'weight_decay': 1.0, 'budget_step': 50000}),
    ('my lr is 10 times that of the paper (1e-3), i.e. 1e-2; wd 1', {'weight_decay': 1.0}),
    ("1000 samples, Adam (Kingma, 2015)", {"train_size": 1000, "optimizer": "adam"}),
    ("60k samples here yet I feed it 1k; lr 1e-3", {"learning_rate": 1e-3}),
    ("25,000 reviews but my subset has 2,000", {"task_family": "reviews"}),
    ("5000 images, 10 classes, port 2950", {"train_size": 5000, "classes": 10}),
    ("label noise on 1k of 10k samples", {"label_noise": 0.1, "train_size": 10_000}),
    ('lr was 3e-3 in the first attempt (exploded), 7e-4 in this one; wd 0.2', {'weight_decay': 0.2}),
    ('1,400 labelled digits from MNIST, of which 200 for validation', {'task_family': 'mnist', 'train_size': 1200, 'val_size': 200}),
    ('no wd for 2 reasons: 1) speed 2) Adam; lr 7e-4', {'optimizer': 'adam', 'learning_rate': 0.0007, 'weight_decay': 0.0}),
    ('Dropout? 0.15. Weight decay? 0.02. LR? 7e-4.', {'learning_rate': 0.0007, 'weight_decay': 0.02, 'dropout': 0.15}),
    ("it's a 20M parameter GPT (8 layers, 8 heads, 512 dims) on arithmetic; lr 7e-4; 0.5M tokens per batch", {'architecture': 'transformer', 'layers': 8, 'parameters': 20000000, 'learning_rate': 0.0007}),
    ('S4 group, transformer 1 layer, frac=.45, lr=7e-4', {'task_family': 'groups', 'train_fraction': 0.45, 'architecture': 'transformer', 'layers': 1, 'learning_rate': 0.0007}),
    ('Usé weight decay 0.3 antes; ahora uso 0.03. lr 7e-4, lotes de 96', {'learning_rate': 0.0007, 'batch_size': 96}),
    ('Использую SGD с моментом 0,8, скорость обучения 0,07, батч 96, 42 тысячи шагов', {'optimizer': 'sgd', 'learning_rate': 0.07, 'batch_size': 96, 'budget_step': 42000, 'momentum': 0.8}),
    ('We fix the weight decay to 0.6 and vary the learning rate from 1e-4 to 1e-2', {'weight_decay': 0.6}),
    ('hyperparams: {lr=4e-4; wd=0.6; nlayers=2; nhead=3; emsize=96; nhid=384; dropout=0.05}', {'architecture': 'transformer', 'layers': 2, 'learning_rate': 0.0004, 'weight_decay': 0.6, 'dropout': 0.05}),
    ('The critical data fraction is 25%; we use 36%. lr 4e-4', {'learning_rate': 0.0004}),
    ('plain adam/4e-4/bs48/no wd/2L MLP320', {'architecture': 'mlp', 'layers': 2, 'optimizer': 'adam', 'weight_decay': 0.0, 'batch_size': 48}),
    ('for 30k steps w/ lr 4e-4, then 10k more w/ 4e-5; wd .6', {'weight_decay': 0.6}),
    ('red de 2 capas, anchura 320, lr 4e-4, 36 por ciento de los datos para entrenar, sin decaimiento de pesos', {'train_fraction': 0.36, 'layers': 2, 'width': 320, 'learning_rate': 0.0004, 'weight_decay': 0.0}),
    ('学习率4e-4，Adam优化器，训练集占36%，batch大小48，无权重衰减', {'train_fraction': 0.36, 'optimizer': 'adam', 'learning_rate': 0.0004, 'weight_decay': 0.0, 'batch_size': 48}),
    ('скорость обучения 4e-4, ширина 320, два слоя, 36% пар для обучения, дропаут 0,05', {'train_fraction': 0.36, 'layers': 2, 'width': 320, 'learning_rate': 0.0004, 'dropout': 0.05}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "read"), SAID)
def test_what_a_text_says_and_no_more(text: str, read: dict[str, object]) -> None:
    for reading in (read_context({"description": text}), read_context(stated_context([text]))):
        assert reading.context.as_dict() == pytest.approx(read)


def test_a_rule_that_is_passed_over_would_have_found_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules are tried of texts with the words that they need."""
    read = [tuple(descriptions._parts(text)) for text, _ in SAID]
    monkeypatch.setattr(description_rules.Rule, "may_match", lambda rule, text: True)
    assert read == [tuple(descriptions._parts(text)) for text, _ in SAID]


def test_a_sign_for_an_operation_is_no_missing_value() -> None:
    assert read_context({"modulus": 61, "op": "-"}).context.operation == "sub"
    assert read_context({"modulus": "-", "lr": 0.1}).context.as_dict() == {"learning_rate": 0.1}


def test_a_list_of_one_value_is_that_value() -> None:
    assert read_context({"lr": [1e-3], "wd": [1]}).context.as_dict() == {"learning_rate": 1e-3, "weight_decay": 1.0}


def test_comments_in_settings_are_no_settings() -> None:
    assert stated_context(["{lr: 1e-3, // wd: 1\n p: 97 /* prime */}"]) == {"lr": "1e-3", "p": 97}
    with pytest.raises(InvalidInput, match="--context"):
        stated_context(["{lr: [ // 1e-3"])
