package io.github.resilientkafka.chaos;

import io.github.resilientkafka.chaos.Evidence.Commit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the groups' committed offsets twice a second, whenever the broker answers.
 */
final class CommitWatch implements AutoCloseable {

    private static final int TIMEOUT_MILLIS = 2_000;

    private final Admin admin;

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();

    private final ScheduledFuture<?> looks;

    private final List<Commit> commits = Collections.synchronizedList(new ArrayList<>());

    CommitWatch(World world) {
        this(admin(world));
    }

    CommitWatch(Admin admin) {
        this.admin = admin;
        this.looks = this.thread.scheduleWithFixedDelay(this::look, 0, 500, TimeUnit.MILLISECONDS);
    }

    private static Admin admin(World world) {
        Map<String, Object> config = new HashMap<>(world.kafka().adminConfig());
        config.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, TIMEOUT_MILLIS);
        config.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, TIMEOUT_MILLIS);
        return Admin.create(config);
    }

    List<Commit> commits() {
        return List.copyOf(this.commits);
    }

    /** What is not committed yet, in words; empty if everything is. */
    List<String> behind() throws ExecutionException, InterruptedException {
        List<String> behind = new ArrayList<>();
        for (Map.Entry<String, List<String>> group : ChaosApplication.GROUPS.entrySet()) {
            Map<TopicPartition, OffsetSpec> question = new HashMap<>();
            for (String topic : group.getValue()) {
                for (int partition = 0; partition < World.TOPICS.getOrDefault(topic, 0); partition++) {
                    question.put(new TopicPartition(topic, partition), OffsetSpec.latest());
                }
            }
            Map<TopicPartition, ListOffsetsResultInfo> ends =
                    this.admin.listOffsets(question).all().get();
            Map<TopicPartition, Long> committed = committed(group.getKey());
            ends.forEach((partition, end) -> {
                long next = committed.getOrDefault(partition, 0L);
                if (next < end.offset()) {
                    behind.add(group.getKey() + " has committed " + next + " of " + end.offset() + " in " + partition);
                }
            });
        }
        return behind;
    }

    /**
     * Ends the watch with a last look.
     * @return the error that had ended it before, if any
     */
    @Nullable
    String finish() throws InterruptedException {
        this.thread.shutdown();
        if (!this.thread.awaitTermination(5L * TIMEOUT_MILLIS, TimeUnit.MILLISECONDS)) {
            return "The watch of commits hangs";
        }
        if (!this.looks.isCancelled()) {
            try {
                this.looks.get();
            } catch (ExecutionException ex) {
                return "The watch of commits has ended: " + ex.getCause();
            }
        }
        look();
        return null;
    }

    private void look() {
        for (String group : ChaosApplication.GROUPS.keySet()) {
            try {
                Map<TopicPartition, Long> committed = committed(group);
                long now = System.currentTimeMillis();
                committed.forEach((partition, next) ->
                        this.commits.add(new Commit(now, group, partition.topic(), partition.partition(), next)));
            } catch (ExecutionException ex) {
                // The broker is away: that is what the trial is about.
                continue;
            } catch (InterruptedException ex) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private Map<TopicPartition, Long> committed(String group) throws ExecutionException, InterruptedException {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        this.admin
                .listConsumerGroupOffsets(group)
                .partitionsToOffsetAndMetadata()
                .get()
                .forEach((partition, offset) -> {
                    if (offset != null) {
                        offsets.put(partition, offset.offset());
                    }
                });
        return offsets;
    }

    @Override
    public void close() {
        this.thread.shutdownNow();
        this.admin.close();
    }
}
