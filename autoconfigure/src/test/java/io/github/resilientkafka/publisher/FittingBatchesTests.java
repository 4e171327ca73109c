package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FittingBatchesTests {

    private static final MetricName SPLITS = new MetricName("batch-split-total", "producer-metrics", "", Map.of());

    private final List<Integer> sizes = new ArrayList<>();

    private final FittingBatches batches = new FittingBatches("test", 128 * 1024, size -> {
        this.sizes.add(size);
        return new MockProducer<>(true, new ByteArraySerializer(), new ByteArraySerializer());
    });

    @Test
    @DisplayName("P6: a producer that had to split nothing has a successor like it")
    void nothingSplit() {
        next(0);
        next(0);
        next(0);
        assertThat(this.sizes).containsExactly(131_072, 131_072, 131_072);
    }

    @Test
    @DisplayName("P6: a producer that had to split batches has a successor with smaller ones, down to one record each")
    void split() {
        next(3);
        next(0);
        next(1);
        for (int i = 0; i < 5; i++) {
            next(1);
        }
        assertThat(this.sizes).containsExactly(131_072, 16_384, 16_384, 2_048, 256, 32, 4, 0);
    }

    private void next(int splits) {
        ((MockProducer<?, ?>) this.batches.get()).setMockMetrics(SPLITS, new Count(splits));
    }

    private record Count(Object metricValue) implements Metric {

        @Override
        public MetricName metricName() {
            return SPLITS;
        }
    }
}
