package io.github.resilientkafka.listener;

import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/**
 * How many records a listener is behind: from what its group has committed to the ends of the partitions that it has. NaN
 * where that is not known.
 *
 * @param total of all its partitions
 * @param most of the partition that is furthest behind
 */
public record ListenerLag(double total, double most) {

    static final ListenerLag UNKNOWN = new ListenerLag(Double.NaN, Double.NaN);

    static final ListenerLag NONE = new ListenerLag(0, 0);

    /**
     * Sums up; of partitions that were not asked about nothing is known, and so nothing of the sum.
     */
    static ListenerLag of(Map<TopicPartition, Double> lags, Set<TopicPartition> partitions) {
        double total = 0;
        double most = 0;
        for (TopicPartition partition : partitions) {
            double lag = lags.getOrDefault(partition, Double.NaN);
            total += lag;
            most = Math.max(most, lag);
        }
        return new ListenerLag(total, most);
    }
}
