package io.github.resilientkafka.benchmarks;

import io.github.resilientkafka.benchmarks.ListeningApplication.Side;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * A steady load on three partitions, one of which is poisoned: the longest time in which nothing came of one of the other two.
 */
final class SilenceBenchmark implements Benchmark {

    private static final int RECORDS_PER_SECOND = 10_000;

    private static final int ROUND_MILLIS = 12_000;

    private static final double BOUND_SECONDS = 0.5;

    private static final byte[] POISON = {'p'};

    @Override
    public List<Figure> run(Scale scale) throws Exception {
        try (Servers servers = Servers.launch()) {
            return List.of(
                    figure(servers, scale, Side.OURS, true, "poisoned", Target.atMost(1)),
                    figure(servers, scale, Side.OURS, false, "not poisoned", Target.NONE),
                    figure(
                            servers,
                            scale,
                            Side.DEFAULT_ERROR_HANDLER,
                            true,
                            "poisoned, DefaultErrorHandler",
                            Target.NONE));
        }
    }

    private static Figure figure(
            Servers servers, Scale scale, Side side, boolean poisoned, String setting, Target target) throws Exception {
        List<Double> silences = new ArrayList<>();
        int rounds = (side == Side.OURS && poisoned) ? scale.rounds() : 2;
        for (int round = 0; round < rounds; round++) {
            String topic = ListenerBenchmark.topic(servers, "silence-" + side + "-" + poisoned + "-" + round, 3);
            silences.add(longestSilence(servers, topic, side, poisoned, scale.of(ROUND_MILLIS)));
            Progress.say("  " + setting + ": " + silences.get(round) + " s");
        }
        return Figure.bounded(
                "listener-poisoned-silence",
                RECORDS_PER_SECOND + "/s, pause " + ListeningApplication.PAUSE_MILLIS / 1000 + " s, " + setting,
                Spread.of(silences),
                "s",
                BOUND_SECONDS,
                target);
    }

    private static double longestSilence(Servers servers, String topic, Side side, boolean poisoned, int millis)
            throws Exception {
        Silence silence = new Silence();
        try (ListeningApplication application =
                        ListeningApplication.start(servers, topic, side, ListeningApplication.PAUSE_MILLIS);
                KafkaProducer<byte[], byte[]> producer = ListenerBenchmark.producer(servers)) {
            application.listen(record -> {
                if (record.value().length == 1) {
                    throw new IllegalStateException("poison");
                }
                if (record.partition() != 0) {
                    silence.broken(record.partition());
                }
            });
            long interval = TimeUnit.SECONDS.toNanos(1) / RECORDS_PER_SECOND;
            long start = System.nanoTime();
            long warm = start + TimeUnit.MILLISECONDS.toNanos(millis) / 4;
            long end = start + TimeUnit.MILLISECONDS.toNanos(millis);
            boolean begun = false;
            for (int record = 0; !begun || System.nanoTime() < end; record++) {
                long due = start + record * interval;
                while (System.nanoTime() < due) {
                    LockSupport.parkNanos(due - System.nanoTime());
                }
                boolean begins = !begun && due >= warm;
                boolean poison = poisoned && begins;
                if (begins) {
                    begun = true;
                    silence.begin();
                }
                producer.send(new ProducerRecord<>(
                        topic, poison ? 0 : record % 3, null, poison ? POISON : Events.value(record)));
            }
            double longest = silence.longestSeconds();
            application.stopListening();
            return longest;
        }
    }

    /** Of each healthy partition. Measured by the consumer's thread, begun and ended by another. */
    private static final class Silence {

        private static final int FIRST = 1;

        private static final int LAST = 2;

        private final long[] heard = new long[LAST + 1];

        private long longest;

        synchronized void begin() {
            Arrays.fill(this.heard, System.nanoTime());
            this.longest = 0;
        }

        synchronized void broken(int partition) {
            long now = System.nanoTime();
            this.longest = Math.max(this.longest, now - this.heard[partition]);
            this.heard[partition] = now;
        }

        synchronized double longestSeconds() {
            for (int partition = FIRST; partition <= LAST; partition++) {
                broken(partition);
            }
            return this.longest / 1e9;
        }
    }
}
