package io.github.resilientkafka.chaos;

import io.github.resilientkafka.testing.LocalKafka;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.FeatureMetadata;
import org.apache.kafka.clients.admin.RaftVoterEndpoint;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.BrokerRegistrationRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.BrokerRegistrationRequest;
import org.apache.kafka.common.requests.RequestHeader;

/**
 * A broker that the cluster knows and that is never there. It has the second replica of each topic: of one that has a
 * single replica a broker refuses nothing, whatever {@code min.insync.replicas} demands.
 */
final class AbsentBroker {

    private static final int ID = 1;

    private AbsentBroker() {}

    /** Makes a cluster of one broker know it; what creates a topic of two replicas comes later. */
    static void register(LocalKafka kafka) {
        try (Admin admin = Admin.create(kafka.adminConfig())) {
            RaftVoterEndpoint controller = admin.describeMetadataQuorum().quorumInfo().get().nodes().values().stream()
                    .flatMap(node -> node.endpoints().stream())
                    .findFirst()
                    .orElseThrow();
            String cluster = admin.describeCluster().clusterId().get();
            send(
                    registration(
                            cluster, admin.describeFeatures().featureMetadata().get()),
                    controller);
        } catch (ExecutionException ex) {
            throw new IllegalStateException("Kafka did not answer", ex.getCause());
        } catch (InterruptedException ex) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(ex);
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    private static BrokerRegistrationRequestData registration(String cluster, FeatureMetadata features) {
        BrokerRegistrationRequestData broker = new BrokerRegistrationRequestData()
                .setBrokerId(ID)
                .setClusterId(cluster)
                .setIncarnationId(Uuid.randomUuid())
                .setLogDirs(List.of(Uuid.randomUuid()));
        broker.listeners()
                .add(new BrokerRegistrationRequestData.Listener()
                        .setName("CLIENT")
                        .setHost("127.0.0.1")
                        .setPort(1));
        features.supportedFeatures().forEach((name, range) -> broker.features()
                .add(new BrokerRegistrationRequestData.Feature()
                        .setName(name)
                        .setMinSupportedVersion(range.minVersion())
                        .setMaxSupportedVersion(range.maxVersion())));
        return broker;
    }

    private static void send(BrokerRegistrationRequestData broker, RaftVoterEndpoint controller) throws IOException {
        short version = ApiKeys.BROKER_REGISTRATION.latestVersion();
        RequestHeader header = new RequestHeader(ApiKeys.BROKER_REGISTRATION, version, "absent-broker", 1);
        ByteBuffer request =
                new BrokerRegistrationRequest.Builder(broker).build(version).serializeWithHeader(header);
        try (Socket socket = new Socket(controller.host(), controller.port())) {
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            out.writeInt(request.remaining());
            out.write(request.array(), request.arrayOffset() + request.position(), request.remaining());
            DataInputStream in = new DataInputStream(socket.getInputStream());
            ByteBuffer answer = ByteBuffer.wrap(in.readNBytes(in.readInt()));
            AbstractResponse.parseResponse(answer, header)
                    .errorCounts()
                    .keySet()
                    .forEach(Errors::maybeThrow);
        }
    }
}
