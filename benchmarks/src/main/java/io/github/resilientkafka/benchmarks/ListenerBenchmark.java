package io.github.resilientkafka.benchmarks;

import io.github.resilientkafka.benchmarks.ListeningApplication.Side;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Listeners at saturation: a handler that does nothing, one consumer, records that wait in the topic. With the starter beside
 * without it; and, with it, two partitions beside a poisoned one and beside a good one.
 */
final class ListenerBenchmark implements Benchmark {

    private static final int RECORDS = 600_000;

    /** Many, as a round is short. */
    private static final int ROUNDS = 15;

    private static final int POISONED_PAUSE_MILLIS = 200;

    private static final byte[] POISON = {'p'};

    @Override
    public List<Figure> run(Scale scale) throws Exception {
        try (Servers servers = Servers.launch()) {
            return List.of(healthy(servers, scale), poisoned(servers, scale));
        }
    }

    private static Figure healthy(Servers servers, Scale scale) throws Exception {
        int records = scale.of(RECORDS);
        String topic = topic(servers, "healthy", 6);
        fill(servers, topic, records, List.of(0, 1, 2, 3, 4, 5));
        try (ListeningApplication ours = ListeningApplication.start(servers, topic, Side.OURS, 5_000);
                ListeningApplication bare = ListeningApplication.start(servers, topic, Side.BARE, 5_000)) {
            return Comparison.interleaved(scale.rounds(ROUNDS), () -> read(ours, records), () -> read(bare, records))
                    .figure("listener-healthy", "1 consumer", "records/s", Target.atLeast(0.97), Rate::perSecond);
        }
    }

    private static Figure poisoned(Servers servers, Scale scale) throws Exception {
        int records = scale.of(RECORDS);
        String good = topic(servers, "good", 3);
        String poisoned = topic(servers, "poisoned", 3);
        for (String topic : List.of(good, poisoned)) {
            send(servers, topic, 0, topic.equals(poisoned) ? POISON : Events.value(0));
            fill(servers, topic, records, List.of(1, 2));
        }
        // They are fetched each time the poison is, and wait behind it.
        fill(servers, poisoned, records / 2, List.of(0));
        try (ListeningApplication withPoison =
                        ListeningApplication.start(servers, poisoned, Side.OURS, POISONED_PAUSE_MILLIS);
                ListeningApplication without =
                        ListeningApplication.start(servers, good, Side.OURS, POISONED_PAUSE_MILLIS)) {
            return Comparison.interleaved(
                            scale.rounds(ROUNDS), () -> read(withPoison, records), () -> read(without, records))
                    .figure(
                            "listener-poisoned",
                            "1 of 3 partitions, failing every " + POISONED_PAUSE_MILLIS + " ms",
                            "records/s",
                            Target.atLeast(0.95),
                            Rate::perSecond);
        }
    }

    /**
     * Reads so many records, whatever waits behind a poison, and takes the time from the first to the last.
     */
    private static Rate read(ListeningApplication application, int records) throws Exception {
        System.gc();
        Reader reader = new Reader(records);
        application.listen(record -> {
            if (record.value().length == 1) {
                throw new IllegalStateException("poison");
            }
            reader.count();
        });
        if (!reader.done.await(2, TimeUnit.MINUTES)) {
            throw new IllegalStateException("Only " + reader.count + " of " + records + " records were handled");
        }
        application.stopListening();
        return new Rate(records, (reader.last - reader.first) / 1e9);
    }

    /** For one thread. */
    private static final class Reader {

        private final int records;

        private final CountDownLatch done = new CountDownLatch(1);

        private volatile int count;

        private long first;

        private volatile long last;

        Reader(int records) {
            this.records = records;
        }

        @SuppressWarnings("NonAtomicVolatileUpdate") // one thread counts, another looks
        void count() {
            if (this.count == 0) {
                this.first = System.nanoTime();
            }
            this.count++;
            if (this.count == this.records) {
                this.last = System.nanoTime();
                this.done.countDown();
            }
        }
    }

    static String topic(Servers servers, String name, int partitions) {
        servers.kafka().createTopic(name, partitions, Map.of("retention.bytes", "-1"));
        return name;
    }

    private static void fill(Servers servers, String topic, int records, List<Integer> partitions) {
        try (KafkaProducer<byte[], byte[]> producer = producer(servers)) {
            for (int record = 0; record < records; record++) {
                int partition = partitions.get(record % partitions.size());
                producer.send(new ProducerRecord<>(topic, partition, Events.keyBytes(record), Events.value(record)));
            }
        }
    }

    private static void send(Servers servers, String topic, int partition, byte[] value) {
        try (KafkaProducer<byte[], byte[]> producer = producer(servers)) {
            producer.send(new ProducerRecord<>(topic, partition, null, value));
        }
    }

    static KafkaProducer<byte[], byte[]> producer(Servers servers) {
        return new KafkaProducer<>(
                servers.kafka().clientConfig(), new ByteArraySerializer(), new ByteArraySerializer());
    }
}
